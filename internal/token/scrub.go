package token

import (
	"encoding/base64"
	"net/url"
	"regexp"
	"strings"
	"sync"

	"github.com/nfcert/nfcert/internal/secret"
)

// likeToken is what looks like a JWT, whole or cut off: the start of a header in
// base64url and what follows. Programs that are traced print such things, and
// servers that refuse something repeat it.
var likeToken = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`eyJ[A-Za-z0-9_-]{8,}(\.[A-Za-z0-9_-]*)*`) })

// shortest is the length from which a secret is looked for in what others say:
// shorter ones would be found everywhere.
const shortest = 4

// scrub takes tokens and the given secrets out of what others say, and then cuts
// it to limit runes.
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

// secrets are the forms in which the authority's credentials may come back.
func (a *Authority) secrets() [][]byte {
	basic := a.Basic.Reveal()
	_, password, _ := strings.Cut(string(basic), ":")
	return [][]byte{
		a.Bearer.Reveal(), basic, []byte(base64.StdEncoding.EncodeToString(basic)), []byte(password),
	}
}

// shown is a URL without the parts that may hold secrets.
func shown(raw string) string {
	u, err := url.Parse(raw)
	if err != nil { // nobody knows which part is what
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
