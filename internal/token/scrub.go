package token

import (
	"encoding/base64"
	"net/url"
	"regexp"
	"strings"
	"sync"

	"github.com/nfcert/nfcert/internal/secret"
)

// likeToken matches what looks like a JWT, complete or not: the start of a header
// in base64url and what follows. Programs print tokens when traced, and servers
// repeat them when they refuse them.
var likeToken = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`eyJ[A-Za-z0-9_-]{8,}(\.[A-Za-z0-9_-]*)*`) })

// shortest is the length of the shortest secret that is removed: shorter ones would
// match everywhere.
const shortest = 4

// scrub removes tokens and the given secrets from text of a server or a program,
// and then cuts it to limit runes.
func scrub(text string, limit int, secrets ...[]byte) string {
	for _, s := range secrets {
		if len(s) >= shortest {
			text = strings.ReplaceAll(text, string(s), secret.Redacted)
		}
	}
	text = strings.TrimSpace(likeToken().ReplaceAllString(text, secret.Redacted))
	if runes := []rune(text); len(runes) > limit {
		text = string(runes[:limit]) + "…"
	}
	return text
}

// secrets returns the forms in which an answer may repeat the credentials.
func (a *Authority) secrets() [][]byte {
	basic := a.Basic.Reveal()
	_, password, _ := strings.Cut(string(basic), ":")
	return [][]byte{
		a.Bearer.Reveal(), basic, []byte(base64.StdEncoding.EncodeToString(basic)), []byte(password),
	}
}

// shown returns a URL without the parts that may contain secrets.
func shown(raw string) string {
	u, err := url.Parse(raw)
	if err != nil { // the parts cannot be told apart
		raw = raw[strings.LastIndex(raw, "@")+1:]
		raw, _, _ = strings.Cut(raw, "?")
		return raw
	}
	u.User, u.RawQuery, u.ForceQuery, u.Fragment, u.RawFragment = nil, "", false, "", ""
	if i := strings.LastIndex(u.Opaque, "@"); i >= 0 {
		u.Opaque = u.Opaque[i+1:]
	}
	return u.String()
}
