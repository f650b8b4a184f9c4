package lab

import (
	"net/http"
	"time"
)

// authorization is an ACME authorization (RFC 8555 7.1.4). It belongs to one
// order. Its status is guarded by Lab.mu.
type authorization struct {
	id         string
	order      *order
	identifier identifier // as in the order, with the "*." of a wildcard
	expires    time.Time
	status     string
	challenges []*challenge
}

func (a *authorization) owner() *account { return a.order.account }

// authorizationView is an authorization as the client sees it. The misbehaviour
// challenges-null leaves Challenges nil.
type authorizationView struct {
	Identifier identifier      `json:"identifier"`
	Status     string          `json:"status"`
	Expires    string          `json:"expires"`
	Challenges []challengeView `json:"challenges"`
	Wildcard   bool            `json:"wildcard,omitempty"`
}

func (l *Lab) authorizationURL(a *authorization) string { return l.url(EndpointAuthz, a.id) }

// newAuthorization makes a pending authorization with a challenge of each type
// that can prove control of the identifier. Lab.mu must be held.
func (l *Lab) newAuthorization(o *order, id identifier) *authorization {
	a := &authorization{id: newID(), order: o, identifier: id, expires: o.expires, status: statusPending}
	for _, t := range challengeTypesFor(id) {
		c := &challenge{id: newID(), authorization: a, kind: t, token: newID(), status: statusPending}
		a.challenges = append(a.challenges, c)
		l.state.challenges[c.id] = c
	}
	l.state.authorizations[a.id] = a
	return a
}

// refreshAuthorization expires an authorization in time. Lab.mu must be held.
func (l *Lab) refreshAuthorization(a *authorization) {
	if (a.status == statusPending || a.status == statusValid) && !l.now().Before(a.expires) {
		a.status = statusExpired
	}
}

// viewAuthorization makes the client's view of an authorization. Lab.mu must be held.
func (l *Lab) viewAuthorization(a *authorization) authorizationView {
	v := authorizationView{
		Identifier: a.identifier.base(), Status: a.status, Expires: timestamp(a.expires), Wildcard: a.identifier.isWildcard(),
	}
	if l.faults.challengesNull {
		return v
	}
	for _, c := range a.challenges {
		v.Challenges = append(v.Challenges, l.viewChallenge(c))
	}
	return v
}

// postAuthorization reads or deactivates an authorization (RFC 8555 7.5, 7.5.2).
// Lab.mu must be held.
func (l *Lab) postAuthorization(s *signedRequest, a *authorization) (reply, error) {
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
	l.refresh(a.order)
	if req.Status == statusDeactivated {
		if a.status != statusPending && a.status != statusValid {
			return reply{}, problemf(malformed, "the authorization is %s and cannot be deactivated", a.status)
		}
		a.status = statusDeactivated
		// RFC 8555 7.1.6: an authorization in a final state other than valid
		// makes its order invalid.
		p := problemf(unauthorized, "the authorization of %q was deactivated", a.identifier.Value)
		p.identifier = &a.identifier
		a.order.fail(p)
	}
	return l.withRetryAfter(reply{status: http.StatusOK, body: l.viewAuthorization(a)}, a.status), nil
}
