package enroll

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"github.com/nfcert/nfcert/internal/acmewire"
	"github.com/nfcert/nfcert/internal/challenge"
	"github.com/nfcert/nfcert/internal/token"
)

// authorizations fetches the authorizations of the order for which want is true.
func (r *run) authorizations(ctx context.Context, want func(Authorization) bool) error {
	for i := range r.en.Order.Authorizations {
		a := &r.en.Order.Authorizations[i]
		if !want(*a) {
			continue
		}
		got, err := r.CA.Authorization(ctx, a.URL)
		if err != nil {
			return err
		}
		a.update(got, r.CA)
	}
	return nil
}

// update takes over what the CA says and keeps what only this side knows.
func (a *Authorization) update(got *acmewire.Authorization, client *acmewire.Client) {
	a.Status, a.Identifier, a.Wildcard = Status(got.Status), Identifier(got.Identifier), got.Wildcard
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
	c.Status, c.Error = Status(got.Status), newProblem(got.Error)
	c.Token = cmp.Or(got.Token, c.Token)
	c.Validated = got.Validated.UTC()
}

// publish says what a person must put in place for a challenge; nil for types
// that nfcert does not know, and for tokens that cannot be a file's name.
func publish(id Identifier, c Challenge, client *acmewire.Client) *Publish {
	if c.Type == challenge.TKAuth01 {
		return tokenToPublish(id, c, client)
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

// tokenToPublish says which Authority Token proves an identifier (RFC 9447).
func tokenToPublish(id Identifier, c Challenge, client *acmewire.Client) *Publish {
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

// answered reports whether the CA was sent, or may have been sent, the answer of a challenge.
func (a *Authorization) answered() bool {
	return slices.ContainsFunc(a.Challenges, func(c Challenge) bool { return !c.Answering.IsZero() })
}

// processing reports whether the CA is judging a challenge already.
func (a *Authorization) processing() bool {
	return slices.ContainsFunc(a.Challenges, func(c Challenge) bool { return c.Status == Processing })
}

// setStatus records what the order's state says of an authorization.
func (a *Authorization) setStatus(s Status) {
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
	if o.Status != Pending {
		return false
	}
	return slices.ContainsFunc(o.Authorizations, func(a Authorization) bool {
		switch a.Status {
		case "", Valid, Processing:
			return false
		case Pending:
			return slices.ContainsFunc(a.Challenges, func(c Challenge) bool { return c.Status == Invalid })
		}
		return true
	})
}
