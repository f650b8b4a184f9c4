package cli

import (
	"fmt"
	"io"

	"github.com/nfcert/nfcert/internal/ui"
)

// WriteAll writes data to w.
func WriteAll(w io.Writer, data []byte) error {
	_, err := w.Write(data)
	return err
}

// APIVersion is the apiVersion of every JSON document.
const APIVersion = "nfcert/v1"

// PrintList prints a list as a document with the list as one member, as a table, or
// as names.
func (call *Call) PrintList(kind, member string, list any, table *ui.Table) error {
	switch call.Global.Output {
	case OutputJSON, OutputJSONL:
		doc := map[string]any{"apiVersion": APIVersion, "kind": kind, member: list}
		if warnings := call.Progress.Warnings(); len(warnings) > 0 {
			doc["warnings"] = warnings
		}
		return ui.WriteJSON(call.Streams.Out, doc)
	case OutputName:
		return table.WriteNames(call.Streams.Out)
	}
	call.Progress.Done()
	if table.Len() == 0 {
		call.Progress.Note("no %s yet", member)
		call.Progress.Next(call.firstOf(member))
		return nil
	}
	if err := table.Write(call.Streams.Out, call.Streams.OutColumns()); err != nil {
		return fmt.Errorf("writing the answer: %w", err)
	}
	return nil
}

// firstOf is the command that makes the first element of an empty list; "" if there
// is none.
func (call *Call) firstOf(member string) string {
	switch member {
	case "accounts":
		return call.Line("account", call.ServerArgs()...)
	case "enrolments":
		return call.Line("csr", "-n", "NAME", "--nf", "FILE")
	case "orders":
		return call.Line("order", "-n", "NAME")
	}
	return ""
}

// Counted writes a number and a noun, such as "2 days".
func Counted(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}
