package lab

import (
	"encoding/json"
	"fmt"
	"math"
	"net/http"
	"strconv"
)

// A reply is a response: a resource, or a problem.
type reply struct {
	status int
	header http.Header // may be nil
	body   any         // sent as JSON; nil sends none
	chain  []byte      // PEM, sent instead of body if not nil
}

// with adds a header field to the reply.
func (r reply) with(key, value string) reply {
	if r.header == nil {
		r.header = make(http.Header)
	}
	r.header.Add(key, value)
	return r
}

// link is one Link header field (RFC 8288).
func link(url, rel string) string { return fmt.Sprintf("<%s>;rel=%q", url, rel) }

// withRetryAfter adds Retry-After to a resource whose status will change.
func (l *Lab) withRetryAfter(rep reply, status string) reply {
	if status != statusPending && status != statusProcessing {
		return rep
	}
	if l.faults.retryAfter != "" {
		return rep.with("Retry-After", l.faults.retryAfter)
	}
	if wait := l.options.RetryAfter; wait > 0 {
		return rep.with("Retry-After", strconv.Itoa(int(math.Ceil(wait.Seconds()))))
	}
	return rep
}

// respond runs a handler and writes its reply.
func (l *Lab) respond(e Endpoint, h handler) http.HandlerFunc {
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
				http.Error(w, "encoding the response: "+err.Error(), http.StatusInternalServerError)
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
		if ahead := l.faults.dateAhead; ahead != 0 {
			header.Set("Date", l.now().Add(ahead).UTC().Format(http.TimeFormat))
		}
		if body != nil {
			header.Set("Content-Type", contentType)
			header.Set("Content-Length", strconv.Itoa(len(body)))
		}
		w.WriteHeader(rep.status)
		_, _ = w.Write(body) // the client may have hung up
	}
}

// refuse turns a problem into a reply, with the misbehaviours of problem documents.
func (l *Lab) refuse(r *http.Request, p *problem) reply {
	l.log.Info("refused", "method", r.Method, "path", r.URL.Path, "status", p.status, "problem", p.Error())
	doc := p.document()
	if l.faults.problemNullDetail {
		doc["detail"] = nil
	}
	if l.faults.problemNoType {
		delete(doc, "type")
	}
	return reply{status: p.status, header: p.header, body: doc}
}
