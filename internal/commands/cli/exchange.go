package cli

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"github.com/nfcert/nfcert/internal/acmewire"
	"github.com/nfcert/nfcert/internal/ui"
)

// ExchangeLine describes an exchange in one line.
func ExchangeLine(ex *acmewire.Exchange) string {
	status := "no answer"
	if ex.Status != 0 {
		status = fmt.Sprint(ex.Status)
	}
	line := fmt.Sprintf("[%d] %s %s %s %.1fms", ex.Number, ex.Method, ui.Clean(ex.URL, MaxText), status, ex.Millis)
	if ex.Proxy != "" {
		line += " through " + ui.Clean(ex.Proxy, MaxText)
	}
	return line
}

// WriteExchange writes the content of an exchange for people.
func WriteExchange(w io.Writer, ex *acmewire.Exchange) {
	var b strings.Builder
	block := func(mark, title string, doc json.RawMessage) {
		if len(doc) == 0 {
			return
		}
		var out bytes.Buffer
		if json.Indent(&out, doc, "      ", "  ") != nil {
			out.Reset()
			out.Write(doc)
		}
		b.WriteString("    " + mark + " " + title + " ")
		for i, line := range strings.Split(out.String(), "\n") {
			if i > 0 {
				b.WriteString("\n      ")
			}
			b.WriteString(ui.Clean(strings.TrimPrefix(line, "      "), MaxText))
		}
		b.WriteString("\n")
	}
	block(">", "protected", ex.Protected)
	block(">", "payload", ex.Payload)
	for _, name := range []string{"Content-Type", "Location", "Link", "Replay-Nonce", "Retry-After"} {
		for _, v := range ex.Header[name] {
			b.WriteString("    < " + name + ": " + ui.Clean(v, MaxText) + "\n")
		}
	}
	block("<", "body", ex.Body)
	if ex.Text != "" {
		for line := range strings.SplitSeq(strings.TrimSpace(ex.Text), "\n") {
			b.WriteString("    < " + ui.Clean(line, 200) + "\n")
		}
	}
	if ex.Error != "" {
		b.WriteString("    ! " + ui.Clean(ex.Error, MaxText) + "\n")
	}
	_, _ = io.WriteString(w, b.String())
}
