package lint

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"iter"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/nfcert/nfcert/internal/commands/cli"
)

// maxPath bounds one line of --files-from.
const maxPath = 64 << 10

// sources yields the sources of a command line in their order: the arguments, then
// the paths in the file of --files-from. A directory is replaced by its files that
// isCandidate accepts. A source that cannot be listed is yielded with its error.
func sources(call *cli.Call, args []string, filesFrom string) iter.Seq[source] {
	return func(yield func(source) bool) {
		for _, arg := range args {
			if !expand(arg, yield) {
				return
			}
		}
		if filesFrom != "" {
			readList(call, filesFrom, yield)
		}
	}
}

// expand yields one source, or the files of a directory. It returns false when yield
// does.
func expand(arg string, yield func(source) bool) bool {
	info, err := os.Stat(arg)
	if arg == "-" || err != nil || !info.IsDir() {
		return yield(source{name: arg}) // if no such file exists, it may be HOST:PORT
	}
	entries, err := os.ReadDir(arg)
	if err != nil {
		return yield(unlisted(arg, cli.Reason(err)))
	}
	found := false
	for _, e := range entries {
		if e.IsDir() || !isCandidate(e.Name()) {
			continue
		}
		found = true
		if !yield(source{name: filepath.Join(arg, e.Name())}) {
			return false
		}
	}
	if !found {
		return yield(unlisted(arg, errors.New("no file in it ends in "+strings.Join(extensions(), ", "))))
	}
	return true
}

// unlisted returns a source that cannot be listed, with the reason.
func unlisted(name string, err error) source {
	return source{name, &cli.InputError{File: name, Err: err}}
}

// extensions returns the extensions of the files of a directory that are judged.
func extensions() []string {
	return []string{".pem", ".crt", ".cer", ".der", ".csr", ".p12", ".pfx", ".p7b"}
}

// isCandidate reports whether a file of a directory is judged. A file that holds only
// a key, as its name says, is not.
func isCandidate(name string) bool {
	name = strings.ToLower(name)
	return slices.Contains(extensions(), filepath.Ext(name)) && !strings.HasSuffix(name, ".key.pem")
}

// readList yields the sources that a file lists: one per line, or separated by NUL as
// by find -print0. Empty names are skipped.
func readList(call *cli.Call, path string, yield func(source) bool) {
	in := call.Stdin
	if path != "-" {
		f, err := os.Open(path)
		if err != nil {
			yield(unlisted(path, cli.Reason(err)))
			return
		}
		defer f.Close()
		in = f
	}
	if err := eachName(in, func(name string) bool { return expand(name, yield) }); err != nil {
		yield(unlisted(path, cli.Reason(err)))
	}
}

// eachName calls use for each name in a list until use returns false.
func eachName(in io.Reader, use func(string) bool) error {
	r := bufio.NewReaderSize(in, maxPath)
	begin, _ := r.Peek(maxPath)
	end := byte('\n')
	if bytes.IndexByte(begin, 0) >= 0 {
		end = 0
	}
	for {
		line, err := r.ReadSlice(end)
		if errors.Is(err, bufio.ErrBufferFull) {
			return errors.New("a line is longer than 64 KiB, want one path per line")
		}
		name := strings.TrimSuffix(string(line), string(rune(end)))
		if end == '\n' {
			name = strings.TrimSuffix(name, "\r")
		}
		if name != "" && !use(name) {
			return nil
		}
		if err != nil {
			if err == io.EOF {
				return nil
			}
			return err
		}
	}
}
