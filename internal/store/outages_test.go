package store

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
)

// An outage is a test in which the power fails after every call.
type outage struct {
	name   string
	calls  calls // of the disk; nil: the system's
	before func(*outageRun) error
	do     func(*outageRun) error
	// during are the states that a failure may leave before do has returned,
	// after the only ones that it may leave from then on. A state is the files
	// of the store and of the folder out, as in "a/doc.json=1 out/key.pem=2".
	during, after []string
}

// An outageRun is what an outage's functions work with.
type outageRun struct {
	*Store
	disk disk
	out  string
}

// doc returns a document of a short content.
func doc(n int) any { return map[string]int{"n": n} }

// saved saves documents with their numbers.
func (r *outageRun) saved(n int, rels ...string) (err error) {
	for _, rel := range rels {
		err = errors.Join(err, r.Save(rel, doc(n)))
	}
	return err
}

// installed installs two files of generation n.
func (r *outageRun) installed(n int) error {
	body := fmt.Appendf(nil, "%d", n)
	return r.disk.install([]File{
		{Path: filepath.Join(r.out, "cert.pem"), Data: body, Mode: 0o644}, {Path: filepath.Join(r.out, "key.pem"), Data: body},
	}, InstallOptions{Overwrite: true})
}

var outages = []outage{
	{
		name: "first Save", do: func(r *outageRun) error { return r.saved(1, "a/b/doc.json") },
		during: []string{""}, after: []string{"a/b/doc.json=1"},
	},
	{
		name: "Save at the top", do: func(r *outageRun) error { return r.saved(1, "doc.json") },
		during: []string{""}, after: []string{"doc.json=1"},
	},
	{
		name:   "Save over",
		before: func(r *outageRun) error { return r.saved(1, "a/doc.json") },
		do:     func(r *outageRun) error { return r.saved(2, "a/doc.json") },
		during: []string{"a/doc.json=1"}, after: []string{"a/doc.json=2"},
	},
	{
		name:   "Save with attachments",
		before: func(r *outageRun) error { return r.saved(1, "a/doc.json") },
		do: func(r *outageRun) error {
			return r.Save("a/doc.json", doc(2), Attachment{"a/x.pem", []byte("x")}, Attachment{"a/y.pem", []byte("y")})
		},
		during: []string{"a/doc.json=1", "a/doc.json=1 a/x.pem=x", "a/doc.json=1 a/x.pem=x a/y.pem=y"},
		after:  []string{"a/doc.json=2 a/x.pem=x a/y.pem=y"},
	},
	{
		name:   "SaveSoon",
		before: func(r *outageRun) error { return r.saved(1, "a/doc.json") },
		do:     func(r *outageRun) error { return r.SaveSoon("a/doc.json", doc(2))() },
		during: []string{"a/doc.json=1"}, after: []string{"a/doc.json=1", "a/doc.json=2"},
	},
	{
		name: "SaveSoon, then Save",
		do: func(r *outageRun) error {
			return errors.Join(r.SaveSoon("a/doc.json", doc(1))(), r.saved(1, "a/next.json"))
		},
		during: []string{"", "a/doc.json=1"}, after: []string{"a/doc.json=1 a/next.json=1"},
	},
	{
		name: "CreateKey", do: func(r *outageRun) error { return r.CreateKey("a/key.pem", []byte("k")) },
		during: []string{""}, after: []string{"a/key.pem=k"},
	},
	{
		name: "CreateKey without links", calls: noLinks{osCalls{}},
		do:     func(r *outageRun) error { return r.CreateKey("a/key.pem", []byte("k")) },
		during: []string{""}, after: []string{"a/key.pem=k"},
	},
	{
		name: "CreateKeyFor, then Save",
		do: func(r *outageRun) error {
			return errors.Join(r.CreateKeyFor("a/key.pem", []byte("k")), r.saved(1, "a/doc.json"))
		},
		during: []string{"", "a/key.pem=k"}, after: []string{"a/doc.json=1 a/key.pem=k"},
	},
	{
		name:   "Rename of a file",
		before: func(r *outageRun) error { return r.saved(1, "a/doc.json") },
		do:     func(r *outageRun) error { return r.Rename("a/doc.json", "b/c/doc.json") },
		during: []string{"a/doc.json=1", "a/doc.json=1 b/c/doc.json=1"}, after: []string{"b/c/doc.json=1"},
	},
	{
		name:   "Rename of a directory, then Save in it and in its old place",
		before: func(r *outageRun) error { return r.saved(1, "a/b/doc.json") },
		do: func(r *outageRun) error {
			return errors.Join(r.Rename("a/b", "c/d"), r.saved(2, "c/d/doc.json", "a/b/doc.json"))
		},
		during: []string{"a/b/doc.json=1", "a/b/doc.json=1 c/d/doc.json=1", "c/d/doc.json=1", "c/d/doc.json=2"},
		after:  []string{"a/b/doc.json=2 c/d/doc.json=2"},
	},
	{
		name:   "Remove",
		before: func(r *outageRun) error { return r.saved(1, "a/doc.json", "a/old.json") },
		do:     func(r *outageRun) error { return r.Remove("a/old.json") },
		during: []string{"a/doc.json=1 a/old.json=1"}, after: []string{"a/doc.json=1"},
	},
	{
		name:   "RemoveAll, then Save",
		before: func(r *outageRun) error { return r.saved(1, "a/b/doc.json") },
		do: func(r *outageRun) error {
			return errors.Join(r.RemoveAll("a/b"), r.saved(2, "a/b/doc.json"))
		},
		during: []string{"", "a/b/doc.json=1"}, after: []string{"a/b/doc.json=2"},
	},
	{
		name:   "RemoveAll",
		before: func(r *outageRun) error { return r.saved(1, "a/b/doc.json") },
		do:     func(r *outageRun) error { return r.RemoveAll("a/b") },
		during: []string{"a/b/doc.json=1"}, after: []string{""},
	},
	{
		name: "Install", do: func(r *outageRun) error { return r.installed(1) },
		during: []string{"", "out/cert.pem=1"}, after: []string{"out/cert.pem=1 out/key.pem=1"},
	},
	{
		name:   "Install over",
		before: func(r *outageRun) error { return r.installed(1) },
		do:     func(r *outageRun) error { return r.installed(2) },
		during: []string{"out/cert.pem=1 out/key.pem=1", "out/cert.pem=2 out/key.pem=1"},
		after:  []string{"out/cert.pem=2 out/key.pem=2"},
	},
	{
		name: "Install that is undone, without links", calls: &refusal{calls: noLinks{osCalls{}}},
		before: func(r *outageRun) error { return r.installed(1) },
		do: func(r *outageRun) error {
			r.disk.calls.(*recorder).calls.(*refusal).to = filepath.Join(r.out, "key.pem")
			if err := r.installed(2); !errors.Is(err, syscall.EIO) {
				return fmt.Errorf("Install: got %v, want the refused rename", err)
			}
			return nil
		},
		during: []string{"out/cert.pem=1 out/key.pem=1", "out/cert.pem=2 out/key.pem=1"},
		after:  []string{"out/cert.pem=1 out/key.pem=1"},
	},
	{
		name:   "SaveCache and Append",
		before: func(r *outageRun) error { return r.saved(1, "a/doc.json") },
		do: func(r *outageRun) error {
			return errors.Join(r.SaveCache("a/doc.cache", doc(1)), r.Append("a/doc.cache", []byte("line\n"), 10))
		},
		during: []string{"a/doc.json=1"}, after: []string{"a/doc.json=1"},
	},
}

// refusal refuses to rename anything to one path.
type refusal struct {
	calls
	to string
}

func (r *refusal) rename(from, to string) error {
	if to == r.to {
		return &os.LinkError{Op: "rename", Old: from, New: to, Err: syscall.EIO}
	}
	return r.calls.rename(from, to)
}
