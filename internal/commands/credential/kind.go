package credential

import (
	"fmt"

	"github.com/nfcert/nfcert/internal/certsource"
	"github.com/nfcert/nfcert/internal/commands/cli"
)

// MissingKindError says that a source can be read, but contains nothing of the
// wanted kind.
type MissingKindError struct {
	File  string
	Want  certsource.Kind
	Found certsource.Kind
	Count int // of what was found
}

func (e *MissingKindError) Error() string {
	return fmt.Sprintf("%q contains %s, want a %s", e.File, cli.Counted(e.Count, kindWords(e.Found)), kindWords(e.Want))
}

func kindWords(k certsource.Kind) string {
	if k == certsource.CSR {
		return "certificate request"
	}
	return "certificate"
}

// OfKind returns the items of one kind, and counts the others.
func OfKind(art *certsource.Contents, kind certsource.Kind) (items []certsource.Item, others int, err error) {
	for _, item := range art.Items {
		if item.Kind == kind {
			items = append(items, item)
		}
	}
	others = len(art.Items) - len(items)
	if len(items) == 0 {
		return nil, others, &MissingKindError{File: art.Name, Want: kind, Found: art.Items[0].Kind, Count: others}
	}
	return items, others, nil
}
