package account

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/nfcert/nfcert/internal/accountfile"
	"github.com/nfcert/nfcert/internal/commands/cli"
	"github.com/nfcert/nfcert/internal/commands/cmdflags"
	"github.com/nfcert/nfcert/internal/commands/credential"
	"github.com/nfcert/nfcert/internal/commands/session"
	"github.com/nfcert/nfcert/internal/commands/view"
	"github.com/nfcert/nfcert/internal/enroll"
	"github.com/nfcert/nfcert/internal/secret"
	"github.com/nfcert/nfcert/internal/store"
)

// addPassphraseFlag adds the flag of the passphrase of an exported file.
func addPassphraseFlag(fs *pflag.FlagSet, file *string) {
	fs.StringVar(file, "passphrase-file", "", "`FILE` with the passphrase of the exported file, - for stdin; or set $NFCERT_PASSPHRASE")
}

// exportOptions are the flags of account export.
type exportOptions struct {
	passphraseFile string
	force          bool
}

func newExport(env *cli.Env) *cobra.Command {
	o := &exportOptions{}
	cmd := &cobra.Command{
		Use:   "export FILE",
		Short: "Write the account and its key to an encrypted file",
		Long: `Write the account and its key to one file for account import on another machine. The
file is encrypted with a passphrase. openssl can read the key in it.

The account on this machine does not change, and both machines can use it. After a
rollover on one machine, the key of the other is no longer valid.`,
		Example: `  nfcert account export ops.account --account ops
  nfcert account export ops.account --passphrase-file pass.txt --force`,
		Args: cli.WantArgs(1, 1, "the file to write (- for stdout)"),
		RunE: env.Run(func(ctx context.Context, call *cli.Call, args []string) error {
			return runExport(ctx, call, o, args[0])
		}),
	}
	addPassphraseFlag(cmd.Flags(), &o.passphraseFile)
	cmd.Flags().BoolVar(&o.force, "force", false, "replace an existing file")
	return cmd
}

func runExport(ctx context.Context, call *cli.Call, o *exportOptions, path string) error {
	if err := session.CheckTyped(call); err != nil {
		return err
	}
	return session.WithServer(ctx, call, func(ctx context.Context, s *session.Session) error {
		word, err := credential.Passphrase{Flag: credential.FlagPassphrase, File: o.passphraseFile, Of: "the exported file", New: true, Needed: true}.Read(call)
		if err != nil {
			return err
		}
		file, acc, err := s.Engine.ExportAccount(ctx, s.Account, word)
		if err != nil {
			return err
		}
		if path == "-" {
			return cli.WriteAll(call.Streams.Out, file)
		}
		if path, err = cli.Absolute(path); err != nil {
			return err
		}
		if err := store.Install([]store.File{{Path: path, Data: file}}, store.InstallOptions{Overwrite: o.force}); err != nil {
			return &enroll.OutputError{Err: err}
		}
		call.Progress.Say("account", fmt.Sprintf("account %s exported to %s", acc.Name, path))
		return view.PrintAccount(call, acc, false, "")
	})
}

// importOptions are the flags of account import.
type importOptions struct {
	passphraseFile string
	key            cmdflags.AccountKey
}

func newImport(env *cli.Env) *cobra.Command {
	o := &importOptions{}
	cmd := &cobra.Command{
		Use:   "import FILE",
		Short: "Read an account from a file of account export",
		Long: `Save the account and key from a file of account export, under the name in the file or
the name of --account. The command replaces nothing and sends nothing to the CA.

If the key was encrypted on the other machine, it is saved encrypted: with the
passphrase of --account-key-passphrase-file, else with that of the file.`,
		Example: `  nfcert account import ops.account
  nfcert account update --account ops --server https://ca.example/directory --ca-root ca.pem`,
		Args: cli.WantArgs(1, 1, "the file to read (- for stdin)"),
		RunE: env.Run(func(ctx context.Context, call *cli.Call, args []string) error {
			return runImport(ctx, call, o, args[0])
		}),
	}
	addPassphraseFlag(cmd.Flags(), &o.passphraseFile)
	o.key.AddEncryptFlag(cmd.Flags())
	return cmd
}

func runImport(ctx context.Context, call *cli.Call, o *importOptions, path string) error {
	ctx, cancel := call.Bounded(ctx)
	defer cancel()
	s, err := session.Local(call)
	if err != nil {
		return err
	}
	data, err := call.ReadFileOr(path, accountfile.MaxSize)
	if err != nil {
		return err
	}
	carried, err := enroll.OpenExport(data, func() (secret.Bytes, error) {
		return credential.Passphrase{Flag: credential.FlagPassphrase, File: o.passphraseFile, Of: strconv.Quote(path), Needed: true}.Read(call)
	})
	if err != nil {
		return fileError(path, err)
	}
	if call.Global.Server != "" {
		meant, err := session.ChooseServer(call, s.Store, "")
		if err != nil {
			return err
		}
		if meant.URL != carried.Account.Server {
			return cli.Usagef("omit --server", "--server is %s, but the account in %q is at %s", meant.URL, path, carried.Account.Server)
		}
	}
	acc, err := s.Engine.ImportAccount(ctx, carried, call.Global.Account, o.key.Seal(call))
	if err != nil {
		return err
	}
	call.Progress.Say("account", fmt.Sprintf("account %s imported; nothing was sent to the CA yet", acc.Name))
	next := []string{"--server", acc.Server, "--account", acc.Name}
	known, err := session.Servers(s.Store)
	if err != nil {
		return err
	}
	if !slices.ContainsFunc(known, func(sv *session.Server) bool { return sv.URL == acc.Server }) {
		next = append(next, "--ca-root", "FILE") // the exported file has no trust roots
	}
	return view.PrintAccount(call, acc, false, call.Line("account update", next...))
}

// fileError adds the file to an error about its contents.
func fileError(path string, err error) error {
	_, damaged := cli.As[*accountfile.DamagedError](err)
	_, newer := cli.As[*accountfile.VersionError](err)
	if damaged || newer || errors.Is(err, accountfile.ErrWrongPassphrase) {
		return &cli.InputError{File: path, Err: err}
	}
	return err
}
