package lab

import (
	"encoding/json"
	"net/http"
	"net/mail"
	"slices"
	"strings"
)

// account is an ACME account (RFC 8555 7.1.2). Its identifier does not change,
// the rest is guarded by Lab.mu.
type account struct {
	id       string
	key      publicKey
	status   string
	contact  []string
	agreed   bool
	external string   // the external account's key identifier; may be empty
	orders   []*order // in the order of creation
}

func (a *account) owner() *account { return a }

// accountView is an account as the client sees it.
type accountView struct {
	Status  string   `json:"status"`
	Contact []string `json:"contact,omitempty"`
	Agreed  bool     `json:"termsOfServiceAgreed,omitempty"`
	Orders  string   `json:"orders"`
}

func (l *Lab) accountURL(a *account) string { return l.url(EndpointAccount, a.id) }

// viewAccount makes the client's view of an account. Lab.mu must be held.
func (l *Lab) viewAccount(a *account) accountView {
	return accountView{
		Status: a.status, Contact: slices.Clone(a.contact), Agreed: a.agreed,
		Orders: l.accountURL(a) + "/orders",
	}
}

// newAccount creates an account or finds the account of the key (RFC 8555 7.3, 7.3.1).
func (l *Lab) newAccount(s *signedRequest) (reply, error) {
	var req struct {
		Contact            []string        `json:"contact"`
		Agreed             bool            `json:"termsOfServiceAgreed"`
		OnlyReturnExisting bool            `json:"onlyReturnExisting"`
		Binding            json.RawMessage `json:"externalAccountBinding"`
	}
	if err := decodePayload(s.payload, &req); err != nil {
		return reply{}, err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if a := l.state.accountKeys[s.key.thumbprint()]; a != nil {
		if a.status != statusValid {
			return reply{}, deactivatedAccount()
		}
		return l.accountReply(http.StatusOK, a), nil
	}
	if req.OnlyReturnExisting {
		return reply{}, problemf(accountDoesNotExist, "no account exists with this key")
	}
	if err := checkContacts(req.Contact); err != nil {
		return reply{}, err
	}
	if terms := l.options.TermsOfService; terms != "" && !req.Agreed {
		p := problemf(userActionRequired, "agree to the terms of service at %s first", terms)
		p.instance = terms
		return reply{}, p.withHeader("Link", link(terms, "terms-of-service"))
	}
	external, err := l.checkBinding(req.Binding, s)
	if err != nil {
		return reply{}, err
	}
	a := &account{
		id: newID(), key: s.key, status: statusValid,
		contact: req.Contact, agreed: req.Agreed, external: external,
	}
	l.state.accounts[a.id] = a
	l.state.accountKeys[s.key.thumbprint()] = a
	l.log.Info("account created", "account", a.id, "contact", a.contact, "external", external)
	if l.faults.accountOK {
		return l.accountReply(http.StatusOK, a), nil
	}
	return l.accountReply(http.StatusCreated, a), nil
}

// accountReply is an account with its URL. Lab.mu must be held.
func (l *Lab) accountReply(status int, a *account) reply {
	return reply{status: status, body: l.viewAccount(a)}.with("Location", l.accountURL(a))
}

// updateAccount reads, updates or deactivates an account (RFC 8555 7.3.2,
// 7.3.3, 7.3.6). Lab.mu must be held.
func (l *Lab) updateAccount(s *signedRequest, a *account) (reply, error) {
	var req struct {
		Contact *[]string `json:"contact"` // nil changes nothing, empty removes all
		Agreed  bool      `json:"termsOfServiceAgreed"`
		Status  string    `json:"status"`
	}
	if !s.isGet() {
		if err := decodePayload(s.payload, &req); err != nil {
			return reply{}, err
		}
	}
	if req.Status != "" && req.Status != statusDeactivated && req.Status != statusValid {
		return reply{}, problemf(malformed, "account status %q, want %q", req.Status, statusDeactivated)
	}
	if req.Contact != nil {
		if err := checkContacts(*req.Contact); err != nil {
			return reply{}, err
		}
		a.contact = *req.Contact
	}
	a.agreed = a.agreed || req.Agreed
	if req.Status == statusDeactivated {
		a.status = statusDeactivated
		// RFC 8555 7.3.6: the server should cancel pending operations.
		for _, o := range a.orders {
			o.fail(problemf(unauthorized, "the account was deactivated"))
		}
		l.log.Info("account deactivated", "account", a.id)
	}
	return l.accountReply(http.StatusOK, a), nil
}

// checkContacts checks contact URLs (RFC 8555 7.3): only mailto, with one
// address and no header fields.
func checkContacts(contacts []string) error {
	for _, c := range contacts {
		scheme, address, ok := strings.Cut(c, ":")
		switch {
		case !ok:
			return problemf(invalidContact, "contact %q is not a URL, want mailto:ADDRESS", c)
		case !strings.EqualFold(scheme, "mailto"):
			return problemf(unsupportedContact, "contact %q has scheme %q, want mailto", c, scheme)
		case strings.Contains(address, "?"):
			return problemf(invalidContact, "contact %q has header fields", c)
		case strings.Contains(address, ","):
			return problemf(invalidContact, "contact %q has more than one address", c)
		}
		if parsed, err := mail.ParseAddress(address); err != nil || parsed.Address != address {
			return problemf(invalidContact, "contact %q is not a plain mail address", c)
		}
	}
	return nil
}
