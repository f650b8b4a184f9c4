package zlint

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"
)

const (
	// startWithin is how long a companion may take to send its greeting.
	startWithin = 10 * time.Second
	// judgeWithin is how long it may take for one certificate: a key of a
	// million bits takes minutes.
	judgeWithin = 10 * time.Second
	// maxDeaths is how many certificates in a row may go unanswered before the
	// companion counts as broken.
	maxDeaths = 3
)

// Client lets one companion process judge certificates, one after the other. It
// starts the process for the first certificate, and again after it has died. Two
// goroutines must not use it at once; each can have its own client.
type Client struct {
	// Path is the companion's executable.
	Path string
	// Timeout bounds the work on one certificate; zero means 10 seconds.
	Timeout time.Duration

	process *process // nil: none runs
	hello   Greeting
	deaths  int // in a row
}

// UnavailableError says that the companion does not work, so no other certificate
// will be judged either.
type UnavailableError struct {
	Path string
	Err  error
}

func (e *UnavailableError) Error() string {
	return fmt.Sprintf("%q cannot be used for zlint's lints: %v", e.Path, e.Err)
}
func (e *UnavailableError) Unwrap() error { return e.Err }

// FaultError says why one certificate was not judged. The next may be.
type FaultError struct{ Reason string }

func (e *FaultError) Error() string { return "zlint's lints did not run: " + e.Reason }

// Start starts the companion unless it runs, and returns its greeting. The
// error is an [UnavailableError], or the context's.
func (c *Client) Start(ctx context.Context) (Greeting, error) {
	if c.process != nil {
		return c.hello, nil
	}
	p, err := launch(c.Path)
	if err != nil {
		return Greeting{}, &UnavailableError{c.Path, err}
	}
	line, err := p.exchange(ctx, startWithin, nil)
	if err == nil {
		err = checkGreeting(line, &c.hello)
	}
	if err != nil {
		err = p.end(err)
		if ctx.Err() != nil {
			return Greeting{}, ctx.Err()
		}
		return Greeting{}, &UnavailableError{c.Path, err}
	}
	c.process = p
	return c.hello, nil
}

// Version is the version of the companion's lints, such as v3.7.3; "" before the
// first start.
func (c *Client) Version() string { return c.hello.Zlint }

// checkGreeting refuses other programs, and other versions of the protocol.
func checkGreeting(line []byte, hello *Greeting) error {
	if err := json.Unmarshal(line, hello); err != nil || hello.Protocol == 0 {
		return fmt.Errorf("it does not greet as %s does", Program)
	}
	if hello.Protocol != Protocol {
		return fmt.Errorf("it speaks version %d of the protocol, want %d: install the one of this nfcert's version", hello.Protocol, Protocol)
	}
	return nil
}

// Lint returns what one certificate does not pass. The error is an
// [UnavailableError], a [FaultError], or the context's.
func (c *Client) Lint(ctx context.Context, der []byte) ([]Finding, error) {
	if len(der) > MaxCertificate {
		return nil, &FaultError{fmt.Sprintf("the certificate has %d bytes, want at most %d", len(der), MaxCertificate)}
	}
	if _, err := c.Start(ctx); err != nil {
		return nil, err
	}
	var answer Answer
	line, err := c.process.exchange(ctx, cmp.Or(c.Timeout, judgeWithin), der)
	if err == nil {
		err = json.Unmarshal(line, &answer)
	}
	if err != nil {
		return nil, c.died(ctx, err)
	}
	c.deaths = 0
	if answer.Fault != "" {
		return nil, &FaultError{answer.Fault}
	}
	return answer.Findings, nil
}

// died ends a process that gave no answer.
func (c *Client) died(ctx context.Context, err error) error {
	err = c.process.end(err)
	c.process = nil
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if c.deaths++; c.deaths >= maxDeaths {
		return &UnavailableError{c.Path, fmt.Errorf("it did not answer for %d certificates in a row; the last reason: %w", c.deaths, err)}
	}
	return &FaultError{err.Error()}
}

// Close ends the process and waits for it. The client can be used again.
func (c *Client) Close() error {
	if c.process == nil {
		return nil
	}
	err := c.process.end(nil)
	c.process, c.deaths = nil, 0
	return err
}

// errSilent is the cause when a process was ended for taking too long.
var errSilent = errors.New("no answer in time")
