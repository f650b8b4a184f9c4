package acmewire

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
)

// errRefused is a refusal; the last exchange has the reason.
var errRefused = errors.New("refused")

// explain turns what a call returned into a [Problem], a [ProtocolError], a
// [NetworkError] or the context's own error. Any other error, such as an
// account key that cannot sign, is returned unchanged.
func explain(ex *Exchange, err error) error {
	var protocol *ProtocolError
	var network *NetworkError
	switch {
	case errors.As(err, &protocol):
		return protocol
	case errors.As(err, &network):
		return network
	case errors.Is(err, context.Canceled):
		return ended(ex, context.Canceled)
	case errors.Is(err, context.DeadlineExceeded):
		return ended(ex, context.DeadlineExceeded)
	case ex == nil:
		return err
	case errors.Is(err, errRefused):
		if p, ok := parseProblem(ex); ok {
			return p
		}
		protocol = ex.broken(refusedWithout(ex), "RFC 8555 6.7")
		protocol.RetryAfter = ex.retryAfter()
		return protocol
	}
	return err
}

// ended names the request during which a context ended.
func ended(ex *Exchange, cause error) error {
	if ex == nil {
		return cause
	}
	return fmt.Errorf("%s %s: %w", ex.Method, ex.URL, cause)
}

// refusedWithout describes a refusal without a problem document.
func refusedWithout(ex *Exchange) string {
	kind := ex.header.Get("Content-Type")
	switch {
	case len(ex.raw) == 0:
		return fmt.Sprintf("refused with HTTP %d and an empty body", ex.Status)
	case kind != "":
		return fmt.Sprintf("refused with HTTP %d and %.60q instead of a problem document", ex.Status, kind)
	}
	return fmt.Sprintf("refused with HTTP %d and no problem document", ex.Status)
}

// decode reads the object of an exchange into v.
func (w *Wire) decode(ex *Exchange, v any) error {
	if err := json.Unmarshal(ex.raw, v); err != nil {
		return ex.broken(notJSON(ex.raw, err).Error(), "")
	}
	w.judgeJSON(ex)
	return nil
}

// notJSON describes an answer that cannot be decoded. err is the error of
// [json.Unmarshal].
func notJSON(raw []byte, err error) error {
	trimmed := bytes.TrimSpace(raw)
	var kind *json.UnmarshalTypeError
	switch {
	case len(trimmed) == 0:
		return errors.New("the answer is empty, want JSON")
	case trimmed[0] == '<':
		return errors.New("the answer is HTML, want JSON")
	case errors.As(err, &kind) && kind.Field == "":
		return fmt.Errorf("the answer is a JSON %s, want an object", kind.Value)
	case errors.As(err, &kind):
		return fmt.Errorf("the answer's member %q is a JSON %s, which is the wrong type", kind.Field, kind.Value)
	case !json.Valid(raw):
		return fmt.Errorf("the answer is not JSON: %w", err)
	}
	return fmt.Errorf("the answer has a member that cannot be decoded: %w", err)
}

// location returns the absolute URL of the object that an exchange created or
// found.
func (w *Wire) location(ex *Exchange, clause string) (string, error) {
	at := ex.location()
	if at == "" {
		return "", ex.broken("the answer has no usable Location header, so the URL of the new object is unknown", clause)
	}
	w.judgeLocation(ex, "")
	return at, nil
}

// location is the Location header, made absolute (RFC 9110 section 10.2.2), or
// "" if it is missing or not a URL.
func (e *Exchange) location() string {
	v := e.header.Get("Location")
	base, err := url.Parse(e.URL)
	if v == "" || err != nil {
		return ""
	}
	u, err := base.Parse(v)
	if err != nil {
		return ""
	}
	return u.String()
}

// request names the exchange in an error.
func (e *Exchange) request() Request {
	return Request{Method: e.Method, URL: e.URL, Status: e.Status}
}

// broken makes the error of an answer that breaks RFC 8555.
func (e *Exchange) broken(found, clause string) *ProtocolError {
	return &ProtocolError{Request: e.request(), Found: found, Clause: clause}
}

// checkURL refuses URLs other than https. The server named the URL, so the error
// blames the server.
func checkURL(method, raw string) error {
	u, err := url.Parse(raw)
	if err == nil && u.Scheme == "https" && u.Host != "" {
		return nil
	}
	return &ProtocolError{
		Request: Request{Method: method, URL: raw},
		Found:   fmt.Sprintf("%.200q is not an https URL", raw), Clause: "RFC 8555 6.1",
	}
}

// isSuccess reports whether the status is 2xx.
func (e *Exchange) isSuccess() bool {
	return e.Status >= http.StatusOK && e.Status < http.StatusMultipleChoices
}
