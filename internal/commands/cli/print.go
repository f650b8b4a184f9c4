package cli

import (
	"fmt"
	"io"

	"github.com/nfcert/nfcert/internal/ui"
)

// WriteAll writes to w and reports a failure, as when a pipe was closed.
func WriteAll(w io.Writer, data []byte) error {
	_, err := w.Write(data)
	return err
}

// APIVersion is that of every document.
const APIVersion = "nfcert/v1"

// PrintList prints a list, as a document or a table.
func (call *Call) PrintList(kind, member string, list any, table *ui.Table) error {
	switch call.Global.Output {
	case OutputJSON, OutputJSONL:
		doc := map[string]any{"apiVersion": APIVersion, "kind": kind, member: list}
		if len(call.Progress.Warnings()) > 0 {
			doc["warnings"] = call.Progress.Warnings()
		}
		return ui.WriteJSON(call.Streams.Out, doc)
	case OutputName:
		return table.WriteNames(call.Streams.Out)
	}
	call.Progress.Done()
	if table.Len() == 0 {
		call.Progress.Note("there are none")
		return nil
	}
	if err := table.Write(call.Streams.Out, call.Streams.OutColumns()); err != nil {
		return fmt.Errorf("writing the answer: %w", err)
	}
	return nil
}

// Counted writes a number and a noun.
func Counted(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}
