package lab

import (
	"cmp"
	"net/http"
	"time"
)

// authorization is an ACME authorization (RFC 8555 7.1.4). It belongs to one
// order alone. Its status is guarded by Lab.mu.
type authorization struct {
	id         string
	order      *order
	identifier identifier
	expires    time.Time
	status     string
	challenges []*challenge
}

// challenge is an ACME challenge (RFC 8555 7.1.5, 8). Its status, error and
// time are guarded by Lab.mu.
type challenge struct {
	id            string
	authorization *authorization
	kind          string
	token         string
	status        string
	validated     time.Time
	err           *problem
}

// authorizationView is an authorization as the client sees it. Challenges is
// a pointer so that the knob can make it null.
type authorizationView struct {
	Identifier identifier      `json:"identifier"`
	Status     string          `json:"status"`
	Expires    string          `json:"expires"`
	Challenges []challengeView `json:"challenges"`
}

// challengeView is a challenge as the client sees it.
type challengeView struct {
	Type      string         `json:"type"`
	URL       string         `json:"url"`
	Status    string         `json:"status"`
	Token     string         `json:"token,omitempty"`
	Kind      string         `json:"tkauth-type,omitempty"`
	Authority string         `json:"token-authority,omitempty"`
	Validated string         `json:"validated,omitempty"`
	Error     map[string]any `json:"error,omitempty"`
}

func (l *Lab) authorizationURL(a *authorization) string { return l.base + authzPath + a.id }

// newAuthorization makes a pending authorization. Lab.mu must be held.
func (l *Lab) newAuthorization(o *order, id identifier) *authorization {
	a := &authorization{id: newID(), order: o, identifier: id, expires: o.expires, status: statusPending}
	c := &challenge{id: newID(), authorization: a, kind: "http-01", token: newID(), status: statusPending}
	if id.Type == typeInstance {
		c.kind = kindTKAuth
	}
	a.challenges = []*challenge{c}
	l.state.authorizations[a.id] = a
	l.state.challenges[c.id] = c
	return a
}

// refreshAuthorization lets time do its work. Lab.mu must be held.
func (l *Lab) refreshAuthorization(a *authorization) {
	if (a.status == statusPending || a.status == statusValid) && !l.now().Before(a.expires) {
		a.status = statusExpired
	}
}

// viewAuthorization renders an authorization. Lab.mu must be held.
func (l *Lab) viewAuthorization(a *authorization) authorizationView {
	v := authorizationView{Identifier: a.identifier, Status: a.status, Expires: timestamp(a.expires)}
	if l.wrong.challengesNull {
		return v
	}
	for _, c := range a.challenges {
		v.Challenges = append(v.Challenges, l.viewChallenge(c))
	}
	return v
}

// viewChallenge renders a challenge. Lab.mu must be held.
func (l *Lab) viewChallenge(c *challenge) challengeView {
	v := challengeView{Type: c.kind, URL: l.base + challengePath + c.id, Status: c.status, Token: c.token}
	if c.kind == kindTKAuth {
		v.Kind, v.Authority = cmp.Or(l.wrong.tokenKind, "atc"), cmp.Or(l.wrong.tokenAuthority, l.TokenAuthorityURL())
		if v.Authority == "-" {
			v.Authority = ""
		}
		if l.wrong.noChallengeToken {
			v.Token = ""
		}
	}
	if !c.validated.IsZero() {
		v.Validated = timestamp(c.validated)
	}
	if c.err != nil {
		v.Error = c.err.document()
	}
	return v
}

// postAuthorization reads or deactivates an authorization (RFC 8555 7.5, 7.5.2).
func (l *Lab) postAuthorization(s *signedRequest) (reply, error) {
	var req struct {
		Status string `json:"status"`
	}
	if !s.isGet() {
		if err := decodePayload(s.payload, &req); err != nil {
			return reply{}, err
		}
		if req.Status != statusDeactivated {
			return reply{}, problemf(malformed, "authorization status %q, want %q", req.Status, statusDeactivated)
		}
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	a := l.state.authorizations[s.http.PathValue("id")]
	if a == nil {
		return reply{}, notFound("authorization")
	}
	if a.order.account != s.account {
		return reply{}, notYours("authorization")
	}
	l.refresh(a.order)
	if req.Status == statusDeactivated {
		if a.status != statusPending && a.status != statusValid {
			return reply{}, problemf(malformed, "the authorization is %s and cannot be deactivated", a.status)
		}
		a.status = statusDeactivated
		// RFC 8555 7.1.6: an authorization in an end state other than valid
		// makes its order invalid.
		p := problemf(unauthorized, "the authorization of %q was deactivated", a.identifier.Value)
		p.identifier = &a.identifier
		a.order.fail(p)
	}
	return l.hurry(reply{status: http.StatusOK, body: l.viewAuthorization(a)}, a.status), nil
}

// postChallenge reads a challenge or, with a JSON object, starts its
// validation (RFC 8555 7.5.1). Answering again changes nothing.
func (l *Lab) postChallenge(s *signedRequest) (reply, error) {
	if !s.isGet() {
		if _, err := decodeObject(s.payload); err != nil {
			return reply{}, problemf(malformed, "payload: %v; want {}", err)
		}
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	c := l.state.challenges[s.http.PathValue("id")]
	if c == nil {
		return reply{}, notFound("challenge")
	}
	a := c.authorization
	if a.order.account != s.account {
		return reply{}, notYours("challenge")
	}
	l.refresh(a.order)
	open := c.status == statusPending && a.status == statusPending && a.order.status == statusPending
	switch {
	case s.isGet() || !open || l.state.closed:
	case c.kind == kindTKAuth:
		l.judge(c, s.payload)
	default:
		c.status = statusProcessing
		keyAuthorization := c.token + "." + a.order.account.key.thumbprint() // RFC 8555 8.1
		l.workers.Go(func() { l.validate(c, keyAuthorization) })
	}
	rep := reply{status: http.StatusOK, body: l.viewChallenge(c)}.with("Link", link(l.authorizationURL(a), "up"))
	return l.hurry(rep, c.status), nil
}

// validate checks a challenge and draws the consequences for authorization
// and order (RFC 8555 7.1.6). It runs in a goroutine of the lab.
func (l *Lab) validate(c *challenge, keyAuthorization string) {
	name := c.authorization.identifier.Value
	p := problemf(unauthorized, "the challenge for %q is refused on purpose", name)
	if !l.wrong.challengeRefuse {
		p = l.checkHTTP01(l.ctx, name, c.token, keyAuthorization)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	a := c.authorization
	l.refresh(a.order)
	if p != nil {
		l.log.Info("challenge failed", "name", name, "problem", p.Error())
		l.failChallenge(c, p)
		return
	}
	l.succeed(c)
}

// judge validates the token that answers a challenge, at once: nobody has to be
// asked. Lab.mu must be held.
func (l *Lab) judge(c *challenge, payload []byte) {
	a := c.authorization
	token, p := l.tokenOf(payload)
	if p == nil && l.wrong.challengeRefuse {
		p = problemf(unauthorized, "the challenge for %q is refused on purpose", a.identifier.Value)
	}
	if p == nil {
		p = l.checkToken(token, a.identifier, a.order.account.key.thumbprint())
	}
	if p != nil {
		l.log.Info("challenge failed", "identifier", a.identifier.Value, "problem", p.Error())
		l.failChallenge(c, p)
		return
	}
	l.succeed(c)
}

// succeed makes a challenge valid, and the authorization with it. Lab.mu must
// be held.
func (l *Lab) succeed(c *challenge) {
	a := c.authorization
	l.log.Info("challenge valid", "identifier", a.identifier.Value)
	c.status, c.validated = statusValid, l.now()
	if a.status == statusPending {
		a.status = statusValid
	}
	l.advance(a.order)
}

// failChallenge makes a challenge invalid, and the authorization and order
// with it. Lab.mu must be held.
func (l *Lab) failChallenge(c *challenge, p *problem) {
	c.status, c.err = statusInvalid, p
	if l.wrong.challengeAlone {
		return
	}
	a := c.authorization
	if a.status != statusPending {
		return
	}
	a.status = statusInvalid
	sub := *p
	sub.identifier = &a.identifier
	a.order.fail(&sub)
}

// advance makes an order ready whose authorizations are all valid. Lab.mu
// must be held.
func (l *Lab) advance(o *order) {
	if o.status != statusPending {
		return
	}
	for _, a := range o.authorizations {
		if a.status != statusValid {
			return
		}
	}
	o.status = statusReady
	if l.wrong.orderDeactivated {
		o.status = statusDeactivated
	}
}
