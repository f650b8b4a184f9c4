package challenge_test

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"os"
	"testing"
	"time"

	"github.com/nfcert/nfcert/internal/challenge"
	"github.com/nfcert/nfcert/internal/challenge/challengetest"
	"github.com/nfcert/nfcert/internal/secret"
	"github.com/nfcert/nfcert/internal/token"
)

var (
	host     = challenge.Identifier{Type: "dns", Value: "amf1.example"}
	wildcard = challenge.Identifier{Type: "dns", Value: "amf1.example", Wildcard: true}
	instance = challenge.Identifier{Type: "NfInstanceId", Value: "4ace9d34-2c69-4f99-92d5-a73a3fe8e23b"}
)

// Every solver keeps the contract.
func TestContract(t *testing.T) {
	for _, tt := range []struct {
		name string
		id   challenge.Identifier
		make func(t *testing.T) challengetest.Subject
	}{
		{"listener", host, func(t *testing.T) challengetest.Subject { return listenerSubject(t, false) }},
		{"early listener", host, func(t *testing.T) challengetest.Subject { return listenerSubject(t, true) }},
		{"webroot", host, func(t *testing.T) challengetest.Subject {
			return challengetest.Subject{Solver: challenge.NewWebroot(t.TempDir()), InPlace: func(p challenge.Placement) bool {
				data, err := os.ReadFile(p.Where)
				return err == nil && string(data) == p.Content
			}}
		}},
		{"published", host, func(*testing.T) challengetest.Subject {
			return challengetest.Subject{Solver: challenge.Published{}}
		}},
		{"token", instance, func(*testing.T) challengetest.Subject {
			return challengetest.Subject{Solver: &challenge.TKAuth{Source: signer{}}}
		}},
		{"records", host, recordsSubject},
		{"records, wildcard", wildcard, recordsSubject},
	} {
		t.Run(tt.name, func(t *testing.T) { challengetest.Contract(t, tt.id, tt.make) })
	}
}

func recordsSubject(*testing.T) challengetest.Subject {
	const key = "TSIG key"
	zone := challengetest.NewZone("example", key)
	return challengetest.Subject{
		Solver:  &challengetest.Records{Zone: zone, Key: key},
		Later:   challenge.Set{&challengetest.Records{Zone: zone, Key: key}},
		InPlace: zone.Has,
		Secret:  key,
	}
}

func listenerSubject(t *testing.T, early bool) challengetest.Subject {
	l := challenge.NewListener("127.0.0.1:0")
	l.Early = early
	t.Cleanup(func() {
		if err := l.Close(); err != nil {
			t.Errorf("Close: %v", err)
		}
	})
	return challengetest.Subject{Solver: l, InPlace: func(p challenge.Placement) bool {
		addr := l.Addr()
		if addr == nil {
			return false
		}
		resp, err := http.Get("http://" + addr.String() + "/.well-known/acme-challenge/" + p.Token)
		if err != nil {
			return false
		}
		resp.Body.Close()
		return resp.StatusCode == http.StatusOK
	}}
}

// signer is a source of tokens that fit.
type signer struct{}

func (signer) Where() string { return "a test" }

func (signer) Token(ctx context.Context, want token.ATC) (secret.Bytes, error) {
	if err := ctx.Err(); err != nil {
		return secret.Bytes{}, err
	}
	claims, err := json.Marshal(map[string]any{
		"jti": "1", "exp": time.Now().Add(time.Hour).Unix(),
		"atc": map[string]any{"tktype": want.Type, "tkvalue": want.Value, "fingerprint": want.Fingerprint},
	})
	b64 := base64.RawURLEncoding.EncodeToString
	return secret.New([]byte(b64([]byte(`{"alg":"ES256","typ":"JWT"}`)) + "." + b64(claims) + "." + b64(make([]byte, 64)))), err
}
