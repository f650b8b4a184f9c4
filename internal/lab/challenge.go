package lab

import (
	"context"
	"net/http"
	"time"
)

// A challengeType is one way to prove control of an identifier (RFC 8555 8).
// Each has a file and a row in challengeTypes.
type challengeType struct {
	name string // such as "http-01"
	// proves reports whether the type can prove control of an identifier.
	proves func(id identifier) bool
	// describe adds the members of the type to a challenge. Nil adds none.
	describe func(l *Lab, v *challengeView)
	// validate returns what is wrong with an answer, or nil. It must not use
	// Lab.state, and must return when ctx ends.
	validate func(ctx context.Context, l *Lab, a attempt) *problem
	// immediate means that validate asks no other server. The result is then in
	// the response to the client's answer.
	immediate bool
}

// challengeTypes is the one table of challenge types.
func challengeTypes() []challengeType { return []challengeType{http01(), tkauth01()} }

// challengeTypesFor lists the types that can prove control of an identifier.
func challengeTypesFor(id identifier) (types []challengeType) {
	for _, t := range challengeTypes() {
		if t.proves(id) {
			types = append(types, t)
		}
	}
	return types
}

// An attempt is a client's answer to a challenge.
type attempt struct {
	identifier identifier // without the "*." of a wildcard
	token      string     // of the challenge
	thumbprint string     // of the account key
	payload    []byte     // the client's answer, a JSON object
}

// keyAuthorization is what most types look for (RFC 8555 8.1).
func (a attempt) keyAuthorization() string { return a.token + "." + a.thumbprint }

// challenge is an ACME challenge (RFC 8555 7.1.5, 8). Its status, error and
// time are guarded by Lab.mu.
type challenge struct {
	id            string
	authorization *authorization
	kind          challengeType
	token         string
	status        string
	validated     time.Time
	err           *problem
}

func (c *challenge) owner() *account { return c.authorization.owner() }

// challengeView is a challenge as the client sees it.
type challengeView struct {
	Type      string         `json:"type"`
	URL       string         `json:"url"`
	Status    string         `json:"status"`
	Token     string         `json:"token,omitempty"`
	TokenType string         `json:"tkauth-type,omitempty"`     // RFC 9447 3
	Authority string         `json:"token-authority,omitempty"` // RFC 9447 3
	Validated string         `json:"validated,omitempty"`
	Error     map[string]any `json:"error,omitempty"`
}

// viewChallenge makes the client's view of a challenge. Lab.mu must be held.
func (l *Lab) viewChallenge(c *challenge) challengeView {
	v := challengeView{
		Type: c.kind.name, URL: l.url(EndpointChallenge, c.id), Status: c.status, Token: c.token,
		Validated: timestamp(c.validated), Error: c.err.document(),
	}
	if c.kind.describe != nil {
		c.kind.describe(l, &v)
	}
	return v
}

// postChallenge reads a challenge or, with a JSON object, starts its
// validation (RFC 8555 7.5.1). A second answer changes nothing. Lab.mu must be held.
func (l *Lab) postChallenge(s *signedRequest, c *challenge) (reply, error) {
	if !s.isGet() {
		if _, err := decodeObject(s.payload); err != nil {
			return reply{}, problemf(malformed, "payload: %v; want {}", err)
		}
	}
	a := c.authorization
	l.refresh(a.order)
	if !s.isGet() && c.status == statusPending && a.status == statusPending && a.order.status == statusPending {
		l.startValidation(c, s.payload)
	}
	rep := reply{status: http.StatusOK, body: l.viewChallenge(c)}.with("Link", link(l.authorizationURL(a), "up"))
	return l.withRetryAfter(rep, c.status), nil
}

// startValidation validates a challenge, at once or in a goroutine of the lab.
// Lab.mu must be held.
func (l *Lab) startValidation(c *challenge, payload []byte) {
	a := attempt{c.authorization.identifier.base(), c.token, c.owner().key.thumbprint(), payload}
	if c.kind.immediate {
		l.conclude(c, l.validate(c.kind, a))
		return
	}
	c.status = statusProcessing
	l.workers.Go(func() {
		p := l.validate(c.kind, a)
		l.mu.Lock()
		defer l.mu.Unlock()
		l.refresh(c.authorization.order)
		l.conclude(c, p)
	})
}

func (l *Lab) validate(t challengeType, a attempt) *problem {
	if l.faults.refuseChallenges {
		return problemf(unauthorized, "the challenge for %q is refused on purpose", a.identifier.Value)
	}
	return t.validate(l.ctx, l, a)
}

// conclude makes a challenge valid when p is nil, else invalid, and with it the
// authorization and the order (RFC 8555 7.1.6). Lab.mu must be held.
func (l *Lab) conclude(c *challenge, p *problem) {
	a := c.authorization
	if p == nil {
		l.log.Info("challenge valid", "identifier", a.identifier.Value)
		c.status, c.validated = statusValid, l.now()
		if a.status == statusPending {
			a.status = statusValid
		}
		l.makeReady(a.order)
		return
	}
	l.log.Info("challenge failed", "identifier", a.identifier.Value, "problem", p.Error())
	c.status, c.err = statusInvalid, p
	if a.status == statusPending && !l.faults.failChallengeOnly {
		a.status = statusInvalid
		sub := *p
		sub.identifier = &a.identifier
		a.order.fail(&sub)
	}
}
