package nf

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"
)

// fileDocument reads the one YAML document of an NF file as nodes. Nodes know
// their lines, and decoding them here keeps Go's type names out of the messages.
func fileDocument(name string, data []byte) (*yaml.Node, error) {
	fail := func(err error) (*yaml.Node, error) { return nil, &FileError{File: name, Err: err} }
	switch {
	case len(data) > MaxFileSize:
		return fail(fmt.Errorf("%d bytes, want at most %d", len(data), MaxFileSize))
	case bytes.IndexByte(data, 0) >= 0:
		return fail(errors.New("contains a NUL byte, want YAML text in UTF-8"))
	case !utf8.Valid(data):
		return fail(errors.New("not UTF-8, want YAML text in UTF-8"))
	}
	dec := yaml.NewDecoder(bytes.NewReader(data))
	var doc yaml.Node
	if err := dec.Decode(&doc); errors.Is(err, io.EOF) {
		return fail(errors.New("empty, want an NF file with apiVersion and nf"))
	} else if err != nil {
		return nil, syntaxError(name, err)
	}
	var second yaml.Node
	if err := dec.Decode(&second); err == nil {
		return nil, &FileError{File: name, Line: second.Line, Err: errors.New("a second YAML document, want one")}
	} else if !errors.Is(err, io.EOF) {
		return nil, syntaxError(name, err)
	}
	if doc.Kind != yaml.DocumentNode || len(doc.Content) != 1 {
		return fail(errors.New("empty, want an NF file with apiVersion and nf"))
	}
	return doc.Content[0], nil
}

// syntaxError finds the line number in the error text of the YAML package, which
// has no other place for it.
func syntaxError(name string, err error) error {
	text := strings.TrimPrefix(err.Error(), "yaml: ")
	if rest, found := strings.CutPrefix(text, "line "); found {
		number, cause, _ := strings.Cut(rest, ": ")
		if line, bad := strconv.Atoi(number); bad == nil {
			return &FileError{File: name, Line: line, Err: fmt.Errorf("not YAML: %s", clip(cause))}
		}
	}
	return &FileError{File: name, Err: fmt.Errorf("not YAML: %s", clip(text))}
}

const (
	maxFileErrors = 20   // errors of one file that are reported
	maxFileNames  = 1000 // entries of one list; no certificate has more
)

// fileDecoder converts nodes to a File and collects errors.
type fileDecoder struct {
	name  string
	lines map[string]int // from the path of a field to its line
	errs  []error
}

// fail reports an error at the line of path.
func (d *fileDecoder) fail(path string, err error) {
	d.failAt(d.line(path), path, err)
}

func (d *fileDecoder) failAt(line int, path string, err error) {
	if len(d.errs) < maxFileErrors {
		d.errs = append(d.errs, &FileError{File: d.name, Line: line, Field: path, Err: err})
	}
}

// addAll reports the errors of the value at path.
func (d *fileDecoder) addAll(path string, err error) {
	var errs FieldErrors
	errs.Add(path, err)
	for _, f := range errs {
		d.fail(f.Field, f.Err)
	}
}

// line returns the line of a path, or else of the nearest field that contains it.
func (d *fileDecoder) line(path string) int {
	for {
		if line, ok := d.lines[path]; ok {
			return line
		}
		i := strings.LastIndexAny(path, ".[")
		if i < 0 {
			return d.lines[""]
		}
		path = path[:i]
	}
}

func (d *fileDecoder) file(n *yaml.Node) *File {
	f := &File{}
	d.mapping("", n, map[string]func(string, *yaml.Node){
		"apiVersion":  d.text(&f.APIVersion),
		"nf":          func(path string, n *yaml.Node) { d.function(path, n, &f.NF) },
		"certificate": func(path string, n *yaml.Node) { d.certificate(path, n, &f.Certificate) },
	})
	if len(d.errs) > 0 {
		return f
	}
	if f.APIVersion != FileVersion {
		d.fail("apiVersion", fmt.Errorf("%q, want %q", clip(f.APIVersion), FileVersion))
	}
	if _, ok := d.lines["nf"]; !ok {
		d.fail("nf", errors.New("missing: an NF file describes one network function"))
	}
	return f
}

func (d *fileDecoder) function(path string, n *yaml.Node, f *Function) {
	d.mapping(path, n, map[string]func(string, *yaml.Node){
		"type":       d.text(&f.Type),
		"instanceId": d.text((*string)(&f.InstanceID)),
		"plmn": func(path string, n *yaml.Node) {
			f.PLMN = &PLMN{}
			d.mapping(path, n, map[string]func(string, *yaml.Node){
				"mcc": d.text(&f.PLMN.MCC),
				"mnc": d.text(&f.PLMN.MNC),
			})
		},
		"nid":     d.text(&f.NID),
		"country": d.text(&f.Country),
		"fqdns":   d.list(&f.FQDNs),
		"uris":    d.list(&f.URIs),
	})
}

func (d *fileDecoder) certificate(path string, n *yaml.Node, c *Certificate) {
	d.mapping(path, n, map[string]func(string, *yaml.Node){
		"profile": d.text(&c.Profile),
		"key":     d.text(&c.Key),
	})
}

// mapping reads a mapping whose keys are all known.
func (d *fileDecoder) mapping(path string, n *yaml.Node, fields map[string]func(string, *yaml.Node)) {
	if path == "" {
		d.lines[path] = n.Line
	}
	if !d.plain(path, n) {
		return
	}
	if n.Kind != yaml.MappingNode {
		d.fail(path, fmt.Errorf("%s, want a mapping with the keys %s", kindName(n), keyNames(fields)))
		return
	}
	seen := map[string]int{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := n.Content[i], n.Content[i+1]
		at := joinPath(path, key.Value)
		read, known := fields[key.Value]
		switch first, twice := seen[key.Value]; {
		case key.Kind != yaml.ScalarNode:
			d.failAt(key.Line, path, fmt.Errorf("a key is %s, want one of %s", kindName(key), keyNames(fields)))
		case !known:
			d.failAt(key.Line, path, fmt.Errorf("unknown key %q, want one of %s", clip(key.Value), keyNames(fields)))
		case twice:
			d.failAt(key.Line, at, fmt.Errorf("given twice, first on line %d", first))
		default:
			d.lines[at] = key.Line
			read(at, value)
		}
		seen[key.Value] = key.Line
	}
}

// text reads a scalar exactly as written: mcc: 001 stays "001", although YAML
// reads it as a number. Null means absent.
func (d *fileDecoder) text(into *string) func(string, *yaml.Node) {
	return func(path string, n *yaml.Node) {
		if !d.plain(path, n) {
			return
		}
		if n.Kind != yaml.ScalarNode {
			d.fail(path, fmt.Errorf("%s, want text", kindName(n)))
			return
		}
		if n.Tag != "!!null" {
			*into = n.Value
		}
	}
}

// list reads a sequence of scalars. Null means empty.
func (d *fileDecoder) list(into *[]string) func(string, *yaml.Node) {
	return func(path string, n *yaml.Node) {
		if !d.plain(path, n) || n.Tag == "!!null" {
			return
		}
		if n.Kind != yaml.SequenceNode {
			d.fail(path, fmt.Errorf("%s, want a list such as [a, b]", kindName(n)))
			return
		}
		if len(n.Content) > maxFileNames {
			d.fail(path, fmt.Errorf("%d entries, want at most %d", len(n.Content), maxFileNames))
			return
		}
		*into = make([]string, len(n.Content))
		for i, item := range n.Content {
			at := fmt.Sprintf("%s[%d]", path, i)
			d.lines[at] = item.Line
			d.text(&(*into)[i])(at, item)
		}
	}
}

// plain refuses anchors and aliases: no NF file needs them, and a few lines of
// them can expand without limit.
func (d *fileDecoder) plain(path string, n *yaml.Node) bool {
	if n.Kind == yaml.AliasNode || n.Anchor != "" {
		d.failAt(n.Line, path, errors.New("a YAML anchor or alias, which NF files must not have"))
		return false
	}
	return true
}

func kindName(n *yaml.Node) string {
	switch n.Kind {
	case yaml.MappingNode:
		return "a mapping"
	case yaml.SequenceNode:
		return "a list"
	case yaml.AliasNode:
		return "an alias"
	case yaml.ScalarNode:
		if n.Tag == "!!null" {
			return "empty"
		}
		return fmt.Sprintf("the text %q", clip(n.Value))
	}
	return "nothing"
}

func keyNames(fields map[string]func(string, *yaml.Node)) string {
	return strings.Join(slices.Sorted(maps.Keys(fields)), ", ")
}
