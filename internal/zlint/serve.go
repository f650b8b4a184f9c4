package zlint

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"strings"
)

// Serve greets and then has judge look at each certificate of in, until in
// ends. A judge that panics has not judged that certificate; the next is judged
// all the same. judge must not keep the DER.
func Serve(in io.Reader, out io.Writer, hello Greeting, judge func(der []byte) Answer) error {
	hello.Protocol = Protocol
	if err := writeLine(out, hello); err != nil {
		return err
	}
	r := bufio.NewReaderSize(in, 64<<10)
	var buf []byte
	for {
		der, err := readFrame(r, buf)
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return fmt.Errorf("reading a certificate: %w", err)
		}
		buf = der
		if err := writeLine(out, capped(judged(judge, der))); err != nil {
			return err
		}
	}
}

// judged is what judge says, or that it panicked.
func judged(judge func([]byte) Answer, der []byte) (a Answer) {
	defer func() {
		if r := recover(); r != nil {
			a = Answer{Fault: fmt.Sprintf("zlint panicked: %v", r)}
		}
	}()
	return judge(der)
}

// capped bounds what an answer quotes from the certificate.
func capped(a Answer) Answer {
	a.Fault = cut(a.Fault)
	for i := range a.Findings {
		a.Findings[i].Details = cut(a.Findings[i].Details)
	}
	return a
}

func cut(s string) string {
	if len(s) <= maxDetails {
		return s
	}
	return strings.ToValidUTF8(s[:maxDetails], "") + "…"
}

func writeLine(w io.Writer, v any) error {
	line, err := json.Marshal(v)
	if err != nil {
		return fmt.Errorf("encoding an answer: %w", err)
	}
	if _, err := w.Write(append(line, '\n')); err != nil {
		return fmt.Errorf("writing an answer: %w", err)
	}
	return nil
}
