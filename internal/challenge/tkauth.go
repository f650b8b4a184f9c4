package challenge

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"strings"
	"sync"
	"time"

	"github.com/nfcert/nfcert/internal/secret"
	"github.com/nfcert/nfcert/internal/token"
)

// TokenField is the member of the answer that carries the token: RFC 9448 uses
// tkauth, some older servers require atc.
type TokenField string

// The members that carry a token.
const (
	FieldTKAuth TokenField = "tkauth"
	FieldATC    TokenField = "atc"
	FieldBoth   TokenField = "both"
)

// TKAuth solves tkauth-01 (RFC 9447) with an Authority Token, which it checks
// before the server sees it: one that fails there costs the order.
type TKAuth struct {
	Source token.Source // nil: the authority that a challenge names, if Hint accepts it
	// Hint makes a source of the URL that a challenge names, or says why not;
	// nil: such URLs are not used.
	Hint  func(url string) (token.Source, error)
	Field TokenField // "": FieldTKAuth
	Check token.CheckOptions
	// Signer fetches the certificates that a token's x5u names; nil: they are not fetched.
	Signer func(context.Context, *token.Token) error
	Reuse  bool             // reuse a token while it is valid, instead of a new one for each challenge
	Clock  func() time.Time // nil: time.Now

	mu   sync.Mutex
	kept map[token.ATC]keptToken // only with Reuse
}

// keptToken is a token that may be reused.
type keptToken struct {
	text    secret.Bytes
	expires time.Time
}

// ProofError says why a challenge could not be answered with a token.
type ProofError struct {
	Identifier string // as in NfInstanceId:4ace…
	Where      string // the source; "": none
	Err        error
}

func (e *ProofError) Error() string {
	return fmt.Sprintf("an Authority Token for %s: %v", e.Identifier, e.Err)
}

func (e *ProofError) Unwrap() error { return e.Err }

// KindError refuses a kind of token that nfcert does not support.
type KindError struct{ Kind string }

func (e *KindError) Error() string {
	return fmt.Sprintf("the challenge requires a token of tkauth-type %.60q, want %q (RFC 9447 3.1)", e.Kind, token.TKTypeATC)
}

// NoSourceError says that nothing to get Authority Tokens from is configured.
type NoSourceError struct {
	Hint string // what the challenge names; "": nothing
}

func (e *NoSourceError) Error() string { return "no token source is configured" }

// Type returns "tkauth-01".
func (*TKAuth) Type() string { return TKAuth01 }

// Method returns "token".
func (*TKAuth) Method() string { return MethodToken }

// Proves reports whether a token can prove the identifier. The CA decides for
// which identifier types it offers tkauth-01; no token is for a wildcard.
func (*TKAuth) Proves(id Identifier) bool { return !id.Wildcard }

// Plan returns where the token comes from.
func (s *TKAuth) Plan(c Challenge) (Placement, error) {
	source, err := s.source(c)
	if err != nil {
		return Placement{}, s.fail(c, "", err)
	}
	return Placement{Type: TKAuth01, Method: MethodToken, Where: source.Where(), Token: c.Token}, nil
}

// source returns where to get a token for the challenge.
func (s *TKAuth) source(c Challenge) (token.Source, error) {
	// A server that names no kind can only mean the one that is defined.
	if c.TKAuthType != "" && !strings.EqualFold(c.TKAuthType, token.TKTypeATC) {
		return nil, &KindError{Kind: c.TKAuthType}
	}
	if s.Source != nil {
		return s.Source, nil
	}
	if s.Hint == nil || c.TokenAuthority == "" {
		return nil, &NoSourceError{Hint: c.TokenAuthority}
	}
	return s.Hint(c.TokenAuthority)
}

// Present does nothing: the answer carries the proof.
func (*TKAuth) Present(context.Context, Challenge, Placement) error { return nil }

// CleanUp does nothing.
func (*TKAuth) CleanUp(context.Context, Placement) error { return nil }

// Prove gets a token, checks it, and returns the answer that carries it.
func (s *TKAuth) Prove(ctx context.Context, c Challenge) (json.RawMessage, error) {
	source, err := s.source(c)
	if err != nil {
		return nil, s.fail(c, "", err)
	}
	fingerprint, err := token.Fingerprint(c.Thumbprint)
	if err != nil {
		return nil, s.fail(c, source.Where(), err)
	}
	want := token.ATC{Type: c.Identifier.Type, Value: c.Identifier.Value, Fingerprint: fingerprint}
	text, err := s.Get(ctx, source, want)
	if err != nil {
		return nil, s.fail(c, source.Where(), err)
	}
	answer := map[TokenField]string{}
	if s.Field != FieldATC {
		answer[FieldTKAuth] = string(text.Reveal())
	}
	if s.Field == FieldATC || s.Field == FieldBoth {
		answer[FieldATC] = string(text.Reveal())
	}
	return json.Marshal(answer)
}

// Get returns a token of source that passes the checks.
func (s *TKAuth) Get(ctx context.Context, source token.Source, want token.ATC) (secret.Bytes, error) {
	now := time.Now
	if s.Clock != nil {
		now = s.Clock
	}
	if text, ok := s.again(want, now()); ok {
		return text, nil
	}
	text, err := source.Token(ctx, want)
	if err != nil {
		return secret.Bytes{}, err
	}
	text = secret.New(bytes.TrimSpace(text.Reveal())) // Parse is more lenient than servers are
	t, err := token.Parse(text)
	if err != nil {
		return secret.Bytes{}, err
	}
	if s.Signer != nil && s.Check.Roots != nil {
		if err := s.Signer(ctx, t); err != nil {
			return secret.Bytes{}, err
		}
	}
	if err := t.Check(want, now(), s.Check); err != nil {
		return secret.Bytes{}, err
	}
	token.Report(ctx, t.Deviations(want, now())...)
	if s.Reuse {
		s.keep(want, keptToken{text, t.Expires}, now())
	}
	return text, nil
}

// again returns a kept token that still passes.
func (s *TKAuth) again(want token.ATC, now time.Time) (text secret.Bytes, ok bool) {
	if !s.Reuse {
		return text, false
	}
	s.mu.Lock()
	kept, has := s.kept[want]
	s.mu.Unlock()
	if !has {
		return text, false
	}
	t, err := token.Parse(kept.text)
	return kept.text, err == nil && t.Check(want, now, s.Check) == nil
}

// keep stores a token and drops the expired ones: one process may enrol
// thousands.
func (s *TKAuth) keep(want token.ATC, kept keptToken, now time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.kept == nil {
		s.kept = map[token.ATC]keptToken{}
	}
	maps.DeleteFunc(s.kept, func(_ token.ATC, k keptToken) bool { return !k.expires.After(now) })
	s.kept[want] = kept
}

func (s *TKAuth) fail(c Challenge, where string, err error) error {
	return &ProofError{Identifier: c.Identifier.String(), Where: where, Err: err}
}
