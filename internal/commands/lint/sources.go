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

// lintSources are the sources that a command line names, in its order: what the
// arguments say, then what the list says. A folder stands for the files in it
// whose names look right. What cannot be listed is an error in its place.
func lintSources(call *cli.Call, args []string, filesFrom string) iter.Seq2[string, error] {
	return func(yield func(string, error) bool) {
		for _, arg := range args {
			if !yieldSource(arg, yield) {
				return
			}
		}
		if filesFrom != "" {
			listedSources(call, filesFrom, yield)
		}
	}
}

// yieldSource yields one source, or the files of a folder. It reports whether
// more is wanted.
func yieldSource(arg string, yield func(string, error) bool) bool {
	info, err := os.Stat(arg)
	if arg == "-" || err != nil || !info.IsDir() {
		return yield(arg, nil) // what is missing may be HOST:PORT
	}
	entries, err := os.ReadDir(arg)
	if err != nil {
		return yield(arg, &cli.InputError{File: arg, Err: cli.Reason(err)})
	}
	found := false
	for _, e := range entries {
		if e.IsDir() || !looksRight(e.Name()) {
			continue
		}
		found = true
		if !yield(filepath.Join(arg, e.Name()), nil) {
			return false
		}
	}
	if !found {
		return yield(arg, &cli.InputError{File: arg, Err: errors.New("no file in it ends in " + strings.Join(lintExtensions(), ", "))})
	}
	return true
}

// lintExtensions are those of the files that are taken from a folder.
func lintExtensions() []string {
	return []string{".pem", ".crt", ".cer", ".der", ".csr", ".p12", ".pfx", ".p7b"}
}

// looksRight reports whether a file of a folder is to be judged. One that only
// holds a key, by its name, is not.
func looksRight(name string) bool {
	name = strings.ToLower(name)
	return slices.Contains(lintExtensions(), filepath.Ext(name)) && !strings.HasSuffix(name, ".key.pem")
}

// listedSources yields what a list names, a line each, or as find -print0
// separates names. Empty lines are passed over.
func listedSources(call *cli.Call, path string, yield func(string, error) bool) {
	in := call.Stdin
	if path != "-" {
		f, err := os.Open(path)
		if err != nil {
			yield(path, &cli.InputError{File: path, Err: cli.Reason(err)})
			return
		}
		defer f.Close()
		in = f
	}
	if err := eachName(in, func(name string) bool { return yieldSource(name, yield) }); err != nil {
		yield(path, &cli.InputError{File: path, Err: cli.Reason(err)})
	}
}

// eachName calls use for each name of a list until it returns false.
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
			return errors.New("a line of it is longer than 64 KiB, want one path a line")
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
