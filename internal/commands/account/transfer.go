package account

import (
	"context"
	"errors"
	"io"
	"slices"

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
	"github.com/nfcert/nfcert/internal/ui"
)

// transferFlags say what encrypts the file of an account.
type transferFlags struct{ passphraseFile string }

func (o *transferFlags) addFlags(fs *pflag.FlagSet) {
	fs.StringVar(&o.passphraseFile, "passphrase-file", "", "`FILE` with the passphrase of the exported file, - for stdin; or $NFCERT_PASSPHRASE")
}

// passphrase is that of the file: from a file, the variable, or a terminal.
func (o *transferFlags) passphrase(call *cli.Call, ask func() (secret.Bytes, error)) (secret.Bytes, error) {
	if o.passphraseFile != "" {
		return credential.ReadWholePassphrase(call, o.passphraseFile)
	}
	if word := call.Getenv("NFCERT_PASSPHRASE"); word != "" {
		return secret.New([]byte(word)), nil
	}
	word, err := ask()
	if errors.Is(err, ui.ErrNoTerminal) || errors.Is(err, io.EOF) || err == nil && word.IsZero() {
		return word, &credential.TransferPassphraseError{}
	}
	return word, err
}

// exportOptions are the flags of account export.
type exportOptions struct {
	transferFlags
	force bool
}

func newAccountExport(env *cli.Env) *cobra.Command {
	o := &exportOptions{}
	cmd := &cobra.Command{
		Use: "export FILE", Short: "Write the account and its key into one encrypted file",
		Long: `Write the account and its key into one file, encrypted by a passphrase, to be
imported on another machine. The key is a PEM block that openssl opens too; all
else is encrypted and authenticated with it. The account stays as it is here, and
both machines can use it: a rollover on one takes it from the other.`,
		Example: `  nfcert account export ops.account --account ops
  nfcert account export ops.account --passphrase-file pass.txt --force`,
		Args: cli.WantArgs(1, 1, "the file to write (- for stdout)"),
		RunE: env.Run(func(ctx context.Context, call *cli.Call, args []string) error {
			return runAccountExport(ctx, call, o, args[0])
		}),
	}
	o.addFlags(cmd.Flags())
	cmd.Flags().BoolVar(&o.force, "force", false, "replace the file when it is there")
	return cmd
}

func runAccountExport(ctx context.Context, call *cli.Call, o *exportOptions, path string) error {
	if err := session.CheckTyped(call); err != nil {
		return err
	}
	return session.WithServer(ctx, call, func(ctx context.Context, s *session.Session) error {
		word, err := o.passphrase(call, func() (secret.Bytes, error) { return credential.ChosenPassphrase(call, "the exported file") })
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
		call.Progress.Say("account", "account "+acc.Name+" exported to "+path)
		return view.PrintAccount(call, acc, false, "")
	})
}

// importOptions are the flags of account import.
type importOptions struct {
	transferFlags
	encrypt bool
}

func newAccountImport(env *cli.Env) *cobra.Command {
	o := &importOptions{}
	cmd := &cobra.Command{
		Use: "import FILE", Short: "Take over an account that account export wrote",
		Long: `Save an account and its key out of a file of account export, under its own name or
that of --account. Nothing is overwritten, and nothing is asked of the CA. A key
that was encrypted where it came from is encrypted here too: by the passphrase of
--account-key-passphrase-file, else by the file's own.`,
		Example: `  nfcert account import ops.account
  nfcert account update --account ops --server https://ca.example/directory --ca-root ca.pem`,
		Args: cli.WantArgs(1, 1, "the file to read (- for stdin)"),
		RunE: env.Run(func(ctx context.Context, call *cli.Call, args []string) error {
			return runAccountImport(ctx, call, o, args[0])
		}),
	}
	o.addFlags(cmd.Flags())
	cmd.Flags().BoolVar(&o.encrypt, "account-key-encrypt", false, "encrypt the saved key by a passphrase of its own; also when --account-key-passphrase-file or $NFCERT_ACCOUNT_KEY_PASSPHRASE is given")
	return cmd
}

func runAccountImport(ctx context.Context, call *cli.Call, o *importOptions, path string) error {
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
		return o.passphrase(call, func() (secret.Bytes, error) {
			word, err := call.Prompter().Secret("Passphrase of " + path + ":")
			return secret.New([]byte(word)), err
		})
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
			return cli.Usagef("leave --server out", "the account is one at %s, and --server names %s", carried.Account.Server, meant.URL)
		}
	}
	seal := cmdflags.AccountKey{Encrypt: o.encrypt}
	acc, err := s.Engine.ImportAccount(ctx, carried, call.Global.Account, seal.Seal(call))
	if err != nil {
		return err
	}
	call.Progress.Say("account", "account "+acc.Name+" imported; nothing was asked of the CA yet")
	next := []string{"--server", acc.Server, "--account", acc.Name}
	known, err := session.Servers(s.Store)
	if err != nil {
		return err
	}
	if !slices.ContainsFunc(known, func(sv *session.Server) bool { return sv.URL == acc.Server }) {
		next = append(next, "--ca-root", "FILE") // its trust was not carried along
	}
	return view.PrintAccount(call, acc, false, call.Line("account update", next...))
}

// fileError names the file that an import's error is about.
func fileError(path string, err error) error {
	_, damaged := cli.As[*accountfile.DamagedError](err)
	_, newer := cli.As[*accountfile.VersionError](err)
	if damaged || newer || errors.Is(err, accountfile.ErrWrongPassphrase) {
		return &cli.InputError{File: path, Err: err}
	}
	return err
}
