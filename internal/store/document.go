package store

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"unicode/utf8"
)

// A Document knows the newest version that this program writes. It must encode
// under the key "version" that number, or an older one whose programs can be
// trusted with what it holds.
type Document interface {
	DocVersion() int
}

// Load reads the JSON document rel into v, a pointer. A missing file gives an
// error that is fs.ErrNotExist; one that is cut short, not JSON, of another
// shape than v, followed by something else, or larger than [MaxFile] gives a
// [DamagedError]. When v is a [Document] its version is checked first: a newer
// one gives a [VersionError], none at all a DamagedError. After an error v must
// not be used.
func (s *Store) Load(rel string, v any) error {
	path, err := s.path(rel)
	if err != nil {
		return err
	}
	data, err := readCapped(path)
	if err != nil {
		return err
	}
	if err := checkJSON(data); err != nil {
		return &DamagedError{Path: path, Err: err}
	}
	if doc, ok := v.(Document); ok {
		switch version, err := versionOf(data); {
		case err != nil:
			return &DamagedError{Path: path, Err: err}
		case version > doc.DocVersion():
			return &VersionError{Path: path, Found: version, Supported: doc.DocVersion()}
		}
	}
	if err := json.Unmarshal(data, v); err != nil {
		return &DamagedError{Path: path, Err: err}
	}
	return nil
}

// An Attachment is a file that a document names, in the document's directory.
type Attachment struct {
	Rel  string
	Data []byte
}

// Save writes v as the indented JSON document rel. It is whole and on the disk
// when Save returns nil; after an error the old content still stands, or, when
// all that failed was to make its name durable, the new.
// Attachments are in place before the document is, so that none is named and
// missing.
func (s *Store) Save(rel string, v any, with ...Attachment) error {
	data, err := encode(rel, v)
	if err != nil {
		return err
	}
	return s.put(rel, data, durable, with)
}

// SaveSoon is Save for an outcome that can be asked for again. It returns at
// once, and v may be changed then; wait tells when the document is in place and
// what went wrong. From then on it outlives the process, and a power failure
// after the next Save in the same directory: until that the old one may come
// back, whole. The caller must call wait, once, before it saves rel again or
// releases its lock.
func (s *Store) SaveSoon(rel string, v any, with ...Attachment) (wait func() error) {
	data, err := encode(rel, v)
	if err != nil {
		return func() error { return err }
	}
	done := make(chan error, 1)
	go func() { done <- s.put(rel, data, ordered, with) }()
	return func() error { return <-done }
}

// put stages all files at once, since a disk makes several durable in the time
// of one, and then gives them their names, the document last.
func (s *Store) put(rel string, data []byte, d durability, with []Attachment) (err error) {
	set := make([]staged, len(with)+1)
	for i, a := range slices.Concat(with, []Attachment{{rel, data}}) {
		if len(a.Data) > MaxFile {
			return fmt.Errorf("writing %q: %d bytes, want at most %d", a.Rel, len(a.Data), MaxFile)
		}
		if set[i].path, err = s.writable(a.Rel); err != nil {
			return err
		}
		set[i].data = a.Data
	}
	path := set[len(set)-1].path
	var all sync.WaitGroup
	for i := range set {
		all.Go(func() { set[i].temp, set[i].err = stage(set[i].path, set[i].data, d) })
	}
	if d == durable {
		err = s.anchor(filepath.Dir(path))
	}
	all.Wait()
	for _, f := range set {
		err = cmp.Or(err, f.err) // none is placed unless all are staged
	}
	for _, f := range set {
		switch {
		case err == nil:
			err = f.place()
		case f.err == nil:
			os.Remove(f.temp)
		}
	}
	if err != nil || d != durable {
		return err
	}
	if err := syncDir(filepath.Dir(path)); err != nil {
		return accessError("writing", path, err)
	}
	return nil
}

// staged is a file that has no name yet.
type staged struct {
	path, temp string
	data       []byte
	err        error // of staging
}

func (f *staged) place() error {
	if err := replace(f.temp, f.path); err != nil {
		os.Remove(f.temp)
		return accessError("writing", f.path, err)
	}
	return nil
}

// SaveCache writes v as Save does, but leaves it to the system when the content
// reaches the disk: after a power failure the file may be old, missing or
// damaged. It is for what may be lost, and needs no lock.
func (s *Store) SaveCache(rel string, v any) error {
	data, err := encode(rel, v)
	if err != nil {
		return err
	}
	return s.write(rel, data, volatile)
}

// encode returns the bytes of a document, and refuses one that Load would refuse.
func encode(rel string, v any) ([]byte, error) {
	var buf bytes.Buffer
	enc := json.NewEncoder(&buf)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if err := enc.Encode(v); err != nil {
		return nil, fmt.Errorf("encoding %q: %w", rel, err)
	}
	if buf.Len() > MaxFile {
		return nil, fmt.Errorf("encoding %q: %d bytes, want at most %d", rel, buf.Len(), MaxFile)
	}
	doc, ok := v.(Document)
	if !ok {
		return buf.Bytes(), nil
	}
	switch version, err := versionOf(buf.Bytes()); {
	case err != nil:
		return nil, fmt.Errorf("encoding %q: %w", rel, err)
	case version < 1 || version > doc.DocVersion():
		return nil, fmt.Errorf("encoding %q: it says version %d, want 1 to %d", rel, version, doc.DocVersion())
	}
	return buf.Bytes(), nil
}

// checkJSON accepts exactly one JSON value in valid UTF-8, other than null,
// which package json would take for any type and leave it untouched.
func checkJSON(data []byte) error {
	if len(data) == 0 {
		return errors.New("it is empty")
	}
	if !utf8.Valid(data) {
		return errors.New("it is not UTF-8 text")
	}
	var value json.RawMessage
	dec := json.NewDecoder(bytes.NewReader(data))
	switch err := dec.Decode(&value); {
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return fmt.Errorf("it ends in the middle, after %d bytes", len(data))
	case err != nil:
		return fmt.Errorf("it is not JSON: %w", err)
	}
	if string(value) == "null" {
		return errors.New("found null, want a document")
	}
	if rest := bytes.TrimSpace(data[dec.InputOffset():]); len(rest) > 0 {
		return fmt.Errorf("found %.40q after the document", rest)
	}
	return nil
}

// versionOf returns the number under the key "version" of a JSON object.
func versionOf(data []byte) (int, error) {
	var head struct {
		Version *int `json:"version"`
	}
	if err := json.Unmarshal(data, &head); err != nil {
		return 0, err
	}
	if head.Version == nil {
		return 0, errors.New("it has no version")
	}
	if *head.Version < 1 {
		return 0, fmt.Errorf("it has version %d, want at least 1", *head.Version)
	}
	return *head.Version, nil
}
