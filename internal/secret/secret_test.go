package secret_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/nfcert/nfcert/internal/secret"
)

// No way of printing may show the value, also when it sits inside a struct.
func TestNeverPrinted(t *testing.T) {
	s := secret.New([]byte("canary"))
	holder := struct{ Key secret.Bytes }{s}
	j, err := json.Marshal(holder)
	if err != nil {
		t.Fatal(err)
	}
	var log bytes.Buffer
	slog.New(slog.NewTextHandler(&log, nil)).Info("m", "key", s, "holder", holder)
	for _, out := range []string{
		fmt.Sprint(s), fmt.Sprintf("%s %q %v %+v %#v %x %d", s, s, s, s, s, s, s),
		fmt.Sprintf("%v %+v %#v", holder, holder, holder), string(j), log.String(),
	} {
		if strings.Contains(out, "canary") || strings.Contains(out, "63616e617279") || strings.Contains(out, "99 97") {
			t.Errorf("the secret shows in %q", out)
		}
		if !strings.Contains(out, secret.Redacted) {
			t.Errorf("got %q, want %q in it", out, secret.Redacted)
		}
	}
	if got := string(s.Reveal()); got != "canary" {
		t.Errorf("Reveal = %q, want canary", got)
	}
}
