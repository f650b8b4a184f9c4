package enroll

import (
	"context"
	"fmt"
	"slices"

	"github.com/nfcert/nfcert/internal/acmewire"
	"github.com/nfcert/nfcert/internal/challenge"
	"github.com/nfcert/nfcert/internal/token"
)

// authorizations fetches those of the order that want it.
func (e *Engine) authorizations(ctx context.Context, en *Enrolment, want func(Authorization) bool) error {
	for i := range en.Order.Authorizations {
		a := &en.Order.Authorizations[i]
		if !want(*a) {
			continue
		}
		got, err := e.CA.Authorization(ctx, a.URL)
		if err != nil {
			return err
		}
		a.update(got, e.CA)
	}
	return nil
}

// update takes over what the CA says and keeps what only this side knows.
func (a *Authorization) update(got *acmewire.Authorization, client *acmewire.Client) {
	a.Status, a.Identifier, a.Wildcard = got.Status, got.Identifier, got.Wildcard
	a.Expires = got.Expires.UTC()
	known := a.Challenges
	for _, k := range known {
		if !k.Answering.IsZero() && !slices.ContainsFunc(got.Challenges, func(g acmewire.Challenge) bool { return g.URL == k.URL }) {
			client.Wire().Deviated(acmewire.DevChallengeRemoved, fmt.Sprintf("%s of %s is gone", k.Type, a.Identifier))
		}
	}
	a.Challenges = make([]Challenge, 0, len(got.Challenges))
	for _, g := range got.Challenges {
		c := Challenge{Type: g.Type, URL: g.URL, TKAuthType: g.TKAuthType, TokenAuthority: g.TokenAuthority}
		if i := slices.IndexFunc(known, func(k Challenge) bool { return k.URL == g.URL }); i >= 0 {
			c = known[i]
		}
		c.update(g)
		if c.Publish == nil {
			c.Publish = publish(a.Identifier, c, client)
		}
		a.Challenges = append(a.Challenges, c)
	}
}

func (c *Challenge) update(got acmewire.Challenge) {
	c.Status, c.Error = got.Status, got.Error
	c.Token = orString(got.Token, c.Token)
	c.Validated = got.Validated.UTC()
}

// publish says what a person must put in place for a challenge; nil for types
// that nfcert does not know, and for tokens that cannot be a file's name.
func publish(id acmewire.Identifier, c Challenge, client *acmewire.Client) *Publish {
	if c.Type == challenge.TKAuth01 {
		return wantedToken(id, c, client)
	}
	if c.Type != challenge.HTTP01 {
		return nil
	}
	content, err := client.KeyAuthorization(c.Token)
	if err != nil {
		return nil
	}
	ask := challenge.Challenge{Type: c.Type, Identifier: challenge.Identifier{Type: id.Type, Value: id.Value}, Token: c.Token, KeyAuthorization: content}
	if _, err := (challenge.Published{}).Plan(ask); err != nil {
		return nil
	}
	return &Publish{URL: challenge.HTTP01URL(id.Value, c.Token), Content: content}
}

// wantedToken says which Authority Token proves an identifier (RFC 9447).
func wantedToken(id acmewire.Identifier, c Challenge, client *acmewire.Client) *Publish {
	thumbprint, err := client.Thumbprint()
	if err != nil {
		return nil
	}
	fingerprint, err := token.Fingerprint(thumbprint)
	if err != nil {
		return nil
	}
	return &Publish{TokenAuthority: c.TokenAuthority, ATC: &ATC{Type: id.Type, Value: id.Value, Fingerprint: fingerprint}}
}

// answered reports whether the CA was, or may have been, told of a challenge.
func (a *Authorization) answered() bool {
	return slices.ContainsFunc(a.Challenges, func(c Challenge) bool { return !c.Answering.IsZero() })
}

// processing reports whether the CA is judging a challenge already.
func (a *Authorization) processing() bool {
	return slices.ContainsFunc(a.Challenges, func(c Challenge) bool { return c.Status == acmewire.Processing })
}

// settle records what the order's state says of an authorization.
func (a *Authorization) settle(s acmewire.Status) {
	a.Status = s
	for i := range a.Challenges {
		if !a.Challenges[i].Answering.IsZero() {
			a.Challenges[i].Status = s
		}
	}
}

// unasked reports whether the run that placed the order ended before it saved
// what the CA says of the authorizations.
func (o *Order) unasked() bool {
	return slices.ContainsFunc(o.Authorizations, func(a Authorization) bool { return a.Status == "" })
}

// stuck reports whether the order waits for a challenge that has failed, as
// some CAs let it.
func (o *Order) stuck() bool {
	if o.Status != acmewire.Pending {
		return false
	}
	return slices.ContainsFunc(o.Authorizations, func(a Authorization) bool {
		switch a.Status {
		case "", acmewire.Valid, acmewire.Processing:
			return false
		case acmewire.Pending:
			return slices.ContainsFunc(a.Challenges, func(c Challenge) bool { return c.Status == acmewire.Invalid })
		}
		return true
	})
}
