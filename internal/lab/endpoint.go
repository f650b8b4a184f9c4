package lab

import (
	"net/http"
	"slices"
	"strings"
)

// An Endpoint names one kind of ACME resource, in misbehaviours and in the
// request log.
type Endpoint string

// The endpoints of the lab.
const (
	EndpointDirectory  Endpoint = "directory"
	EndpointNewNonce   Endpoint = "new-nonce"
	EndpointNewAccount Endpoint = "new-account"
	EndpointNewOrder   Endpoint = "new-order"
	EndpointOrder      Endpoint = "order"
	EndpointAuthz      Endpoint = "authz"
	EndpointChallenge  Endpoint = "challenge"
	EndpointFinalize   Endpoint = "finalize"
	EndpointCert       Endpoint = "cert"
	EndpointAccount    Endpoint = "account"
	EndpointOrders     Endpoint = "orders"
	EndpointKeyChange  Endpoint = "key-change"
	EndpointRevokeCert Endpoint = "revoke-cert"
	EndpointRenewal    Endpoint = "renewal-info"
)

// Endpoints lists every endpoint.
func Endpoints() []Endpoint {
	return []Endpoint{
		EndpointDirectory, EndpointNewNonce, EndpointNewAccount, EndpointNewOrder, EndpointOrder,
		EndpointAuthz, EndpointChallenge, EndpointFinalize, EndpointCert, EndpointAccount,
		EndpointOrders, EndpointKeyChange, EndpointRevokeCert, EndpointRenewal,
	}
}

// url is where the endpoint is, or one of its objects: handler has the same paths.
func (l *Lab) url(e Endpoint, id ...string) string {
	return strings.Join(append([]string{l.base, string(e)}, id...), "/")
}

// A handler answers a request. An error that is not a problem becomes serverInternal.
type handler func(r *http.Request) (reply, error)

// A signedHandler answers a request that has been authenticated.
type signedHandler func(s *signedRequest) (reply, error)

// handler routes requests to endpoints, each with its misbehaviours.
func (l *Lab) handler() http.Handler {
	mux := http.NewServeMux()
	route := func(e Endpoint, pattern string, h handler) {
		mux.HandleFunc(pattern, l.logRequest(e, l.withFaults(e, l.respond(e, h))))
	}
	s := &l.state
	route(EndpointDirectory, "/directory", l.readable(l.directory, http.MethodGet))
	route(EndpointNewNonce, "/new-nonce", l.readable(l.newNonce, http.MethodHead, http.MethodGet))
	route(EndpointNewAccount, "/new-account", l.signed(byKey, l.newAccount))
	route(EndpointAccount, "/account/{id}", l.signed(byAccount, on(l, s.accounts, "account", l.updateAccount)))
	route(EndpointOrders, "/account/{id}/orders", l.signed(byAccount, postAsGet(on(l, s.accounts, "account", l.listOrders))))
	route(EndpointKeyChange, "/key-change", l.signed(byAccount, l.changeKey))
	route(EndpointNewOrder, "/new-order", l.signed(byAccount, l.newOrder))
	route(EndpointOrder, "/order/{id}", l.signed(byAccount, postAsGet(on(l, s.orders, "order", l.getOrder))))
	route(EndpointAuthz, "/authz/{id}", l.signed(byAccount, on(l, s.authorizations, "authorization", l.postAuthorization)))
	route(EndpointChallenge, "/challenge/{id}", l.signed(byAccount, on(l, s.challenges, "challenge", l.postChallenge)))
	route(EndpointFinalize, "/finalize/{id}", l.signed(byAccount, on(l, s.finalizers, "order", l.finalize)))
	route(EndpointCert, "/cert/{id}", l.signed(byAccount, postAsGet(on(l, s.certificates, "certificate", l.getCertificate))))
	route(EndpointCert, "/cert/{id}/alternate", l.signed(byAccount, postAsGet(on(l, s.certificates, "certificate", l.getAlternate))))
	route(EndpointRevokeCert, "/revoke-cert", l.signed(byEither, l.revoke))
	route(EndpointRenewal, "/renewal-info/{id}", withMethods(l.renewalInfo, http.MethodGet)) // RFC 9773 4.1
	route("", "/", func(*http.Request) (reply, error) { return reply{}, notFound("resource") })
	return mux
}

// withMethods refuses other methods than the given ones.
func withMethods(h handler, methods ...string) handler {
	return func(r *http.Request) (reply, error) {
		if !slices.Contains(methods, r.Method) {
			return reply{}, methodNotAllowed(r.Method, methods...)
		}
		return h(r)
	}
}

// readable accepts the given methods and POST-as-GET, with which every resource
// can be read (RFC 8555 6.3).
func (l *Lab) readable(h handler, methods ...string) handler {
	read := withMethods(h, append(methods, http.MethodPost)...)
	post := l.signed(byAccount, postAsGet(func(s *signedRequest) (reply, error) { return h(s.http) }))
	return func(r *http.Request) (reply, error) {
		if r.Method == http.MethodPost {
			return post(r)
		}
		return read(r)
	}
}

// postAsGet refuses requests with a payload (RFC 8555 6.3).
func postAsGet(h signedHandler) signedHandler {
	return func(s *signedRequest) (reply, error) {
		if !s.isGet() {
			return reply{}, problemf(malformed, "this resource takes no payload, want a POST-as-GET (RFC 8555 6.3)")
		}
		return h(s)
	}
}

// signed accepts authenticated POST requests only. A GET is answered with 405
// (RFC 8555 6.3).
func (l *Lab) signed(by signer, h signedHandler) handler {
	return withMethods(func(r *http.Request) (reply, error) {
		s, err := l.authenticate(r, by)
		if err != nil {
			return reply{}, err
		}
		return h(s)
	}, http.MethodPost)
}

func methodNotAllowed(got string, want ...string) *problem {
	allow := strings.Join(want, ", ")
	return problemf(malformed, "method %s, want %s", got, allow).
		withStatus(http.StatusMethodNotAllowed).withHeader("Allow", allow)
}

// directory lists the resources (RFC 8555 7.1.1).
func (l *Lab) directory(*http.Request) (reply, error) {
	if l.faults.directoryEmpty {
		return reply{status: http.StatusOK}, nil
	}
	url := func(e Endpoint) string { return l.url(e) }
	if l.faults.directoryHTTPURLs {
		url = func(e Endpoint) string { return "http" + strings.TrimPrefix(l.url(e), "https") }
	}
	meta := map[string]any{"website": l.plain + "/"}
	if l.options.TermsOfService != "" {
		meta["termsOfService"] = l.options.TermsOfService
	}
	if l.options.RequireEAB {
		meta["externalAccountRequired"] = true
	}
	d := map[string]any{
		"newNonce":   url(EndpointNewNonce),
		"newAccount": url(EndpointNewAccount),
		"newOrder":   url(EndpointNewOrder),
		"revokeCert": url(EndpointRevokeCert),
		"keyChange":  url(EndpointKeyChange),
		"meta":       meta,
	}
	if !l.faults.noRenewalInfo {
		d["renewalInfo"] = url(EndpointRenewal)
	}
	if l.faults.directoryNoNewOrder {
		delete(d, "newOrder")
	}
	return reply{status: http.StatusOK, body: d}, nil
}
