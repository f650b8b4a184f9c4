package lab

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
)

// An Endpoint names one kind of ACME resource, in knobs and in the request log.
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

// Paths of the objects; an identifier follows.
const (
	accountPath   = "/account/"
	orderPath     = "/order/"
	authzPath     = "/authz/"
	challengePath = "/challenge/"
	finalizePath  = "/finalize/"
	certPath      = "/cert/"
)

// A reply is a successful response.
type reply struct {
	status int
	header http.Header // may be nil
	body   any         // sent as JSON; nil sends none
	chain  []byte      // PEM, sent in place of body when not nil
}

// with adds a header field to the reply.
func (r reply) with(key, value string) reply {
	if r.header == nil {
		r.header = make(http.Header)
	}
	r.header.Add(key, value)
	return r
}

// A handler answers a request; an error that is no problem is a serverInternal.
type handler func(r *http.Request) (reply, error)

// handler routes requests to endpoints, each wrapped in what may go wrong there.
func (l *Lab) handler() http.Handler {
	mux := http.NewServeMux()
	route := func(e Endpoint, pattern string, h handler) {
		mux.HandleFunc(pattern, l.recorded(e, l.disturbed(e, l.answer(e, h))))
	}
	route(EndpointDirectory, "/directory", l.either(l.directory, http.MethodGet))
	route(EndpointNewNonce, "/new-nonce", l.either(l.newNonce, http.MethodHead, http.MethodGet))
	route(EndpointNewAccount, "/new-account", l.signed(byKey, l.newAccount))
	route(EndpointAccount, accountPath+"{id}", l.signed(byAccount, l.updateAccount))
	route(EndpointOrders, accountPath+"{id}/orders", l.signed(byAccount, l.listOrders))
	route(EndpointKeyChange, "/key-change", l.signed(byAccount, l.changeKey))
	route(EndpointNewOrder, "/new-order", l.signed(byAccount, l.newOrder))
	route(EndpointOrder, orderPath+"{id}", l.signed(byAccount, l.getOrder))
	route(EndpointAuthz, authzPath+"{id}", l.signed(byAccount, l.postAuthorization))
	route(EndpointChallenge, challengePath+"{id}", l.signed(byAccount, l.postChallenge))
	route(EndpointFinalize, finalizePath+"{id}", l.signed(byAccount, l.finalize))
	route(EndpointCert, certPath+"{id}", l.signed(byAccount, l.getCertificate))
	route(EndpointCert, certPath+"{id}/alternate", l.signed(byAccount, l.getAlternate))
	route(EndpointRevokeCert, "/revoke-cert", l.signed(byEither, l.revoke))
	route(EndpointRenewal, renewalPath+"{id}", l.reading(l.renewalInfo, http.MethodGet))
	route("", "/", func(r *http.Request) (reply, error) { return reply{}, notFound("resource") })
	return mux
}

// reading admits the given methods only.
func (l *Lab) reading(h handler, methods ...string) handler {
	return func(r *http.Request) (reply, error) {
		if !slices.Contains(methods, r.Method) {
			return reply{}, methodNotAllowed(r.Method, methods...)
		}
		return h(r)
	}
}

// either admits the given methods and POST-as-GET, by which everything can be
// read (RFC 8555 6.3).
func (l *Lab) either(h handler, methods ...string) handler {
	read := l.reading(h, append(methods, http.MethodPost)...)
	post := l.signed(byAccount, func(s *signedRequest) (reply, error) {
		if !s.isGet() {
			return reply{}, problemf(malformed, "this takes no payload, want a POST-as-GET")
		}
		return read(s.http)
	})
	return func(r *http.Request) (reply, error) {
		if r.Method == http.MethodPost {
			return post(r)
		}
		return read(r)
	}
}

// signed admits authenticated POST requests only (RFC 8555 6.3: a GET of such
// a resource is 405).
func (l *Lab) signed(by signer, h func(*signedRequest) (reply, error)) handler {
	return func(r *http.Request) (reply, error) {
		if r.Method != http.MethodPost {
			return reply{}, methodNotAllowed(r.Method, http.MethodPost)
		}
		s, err := l.authenticate(r, by)
		if err != nil {
			return reply{}, err
		}
		return h(s)
	}
}

func methodNotAllowed(got string, want ...string) *problem {
	allow := strings.Join(want, ", ")
	return problemf(malformed, "method %s, want %s", got, allow).
		withStatus(http.StatusMethodNotAllowed).withHeader("Allow", allow)
}

// answer runs a handler and writes what it returns.
func (l *Lab) answer(e Endpoint, h handler) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		rep, err := h(r)
		contentType := "application/json"
		if err != nil {
			rep, contentType = l.refuse(r, asProblem(err)), "application/problem+json"
		}
		body := rep.chain
		if body != nil {
			contentType = "application/pem-certificate-chain"
		} else if rep.body != nil {
			if body, err = json.Marshal(rep.body); err != nil {
				http.Error(w, "rendering the response: "+err.Error(), http.StatusInternalServerError)
				return
			}
		}
		header := w.Header()
		for key, values := range rep.header {
			header[key] = append(header[key], values...)
		}
		if e != EndpointDirectory {
			header.Add("Link", link(l.DirectoryURL(), "index")) // RFC 8555 7.1
		}
		if e != EndpointDirectory || r.Method == http.MethodPost {
			header.Set("Replay-Nonce", l.nonces.issue()) // RFC 8555 6.5
		}
		header.Set("Cache-Control", "no-store") // RFC 8555 6.5.1
		if off := l.wrong.dateOff; off != 0 {
			header.Set("Date", l.now().Add(off).UTC().Format(http.TimeFormat))
		}
		if body != nil {
			header.Set("Content-Type", contentType)
			header.Set("Content-Length", strconv.Itoa(len(body)))
		}
		w.WriteHeader(rep.status)
		// A client that has gone away needs no answer.
		_, _ = bytes.NewReader(body).WriteTo(w)
	}
}

// refuse turns a problem into a reply, with the knobs that spoil problems.
func (l *Lab) refuse(r *http.Request, p *problem) reply {
	l.log.Info("refused", "method", r.Method, "path", r.URL.Path, "status", p.status, "problem", p.Error())
	doc := p.document()
	if l.wrong.problemNullDetail {
		doc["detail"] = nil
	}
	if l.wrong.problemNoType {
		delete(doc, "type")
	}
	return reply{status: p.status, header: p.header, body: doc}
}

// link is one Link header field (RFC 8288).
func link(url, rel string) string { return fmt.Sprintf("<%s>;rel=%q", url, rel) }

// directory lists the resources (RFC 8555 7.1.1).
func (l *Lab) directory(*http.Request) (reply, error) {
	base := l.base
	if l.wrong.directoryHTTPURLs {
		base = "http" + strings.TrimPrefix(base, "https")
	}
	meta := map[string]any{"website": l.plain + "/"}
	if l.options.TermsOfService != "" {
		meta["termsOfService"] = l.options.TermsOfService
	}
	if l.options.RequireEAB {
		meta["externalAccountRequired"] = true
	}
	d := map[string]any{
		"newNonce":   base + "/new-nonce",
		"newAccount": base + "/new-account",
		"newOrder":   base + "/new-order",
		"revokeCert": base + "/revoke-cert",
		"keyChange":  base + "/key-change",
		"meta":       meta,
	}
	if !l.wrong.noRenewalInfo {
		d["renewalInfo"] = base + strings.TrimSuffix(renewalPath, "/")
	}
	if l.wrong.directoryNoNewOrder {
		delete(d, "newOrder")
	}
	if l.wrong.directoryEmpty {
		return reply{status: http.StatusOK}, nil
	}
	return reply{status: http.StatusOK, body: d}, nil
}
