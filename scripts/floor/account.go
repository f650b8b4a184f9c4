package main

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
)

// account is the saved account.
type account struct {
	URL string `json:"url"`
	Key []byte `json:"key"` // PKCS #8
}

// login starts the conversation and makes the client act for the account
// saved in file, or for a new one, which it saves there.
func (c *client) login(ctx context.Context, directory, file string) error {
	if err := c.load(file); err != nil {
		return err
	}
	if err := c.start(ctx, directory); err != nil {
		return err
	}
	if c.kid != "" {
		return nil
	}
	kid, err := c.post(ctx, c.dir.NewAccount, map[string]bool{"termsOfServiceAgreed": true}, nil)
	if err != nil {
		return err
	}
	if kid == "" {
		return errors.New("the answer to newAccount has no Location: RFC 8555 7.3")
	}
	c.kid = kid
	return c.save(file)
}

// load reads the account from file. Where there is none it makes a key.
func (c *client) load(file string) error {
	text, err := os.ReadFile(file)
	if file == "" || errors.Is(err, fs.ErrNotExist) {
		c.key, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
		return err
	}
	if err != nil {
		return err
	}
	var saved account
	if err := json.Unmarshal(text, &saved); err != nil {
		return fmt.Errorf("reading account %s: %w", file, err)
	}
	key, err := x509.ParsePKCS8PrivateKey(saved.Key)
	if err != nil {
		return fmt.Errorf("reading account %s: %w", file, err)
	}
	ec, ok := key.(*ecdsa.PrivateKey)
	if !ok {
		return fmt.Errorf("reading account %s: the key is a %T, want ECDSA", file, key)
	}
	c.key, c.kid = ec, saved.URL
	return nil
}

// save writes the account to file, if one is named.
func (c *client) save(file string) error {
	if file == "" {
		return nil
	}
	der, err := x509.MarshalPKCS8PrivateKey(c.key)
	if err != nil {
		return err
	}
	text, err := json.Marshal(account{URL: c.kid, Key: der})
	if err != nil {
		return err
	}
	return os.WriteFile(file, text, 0o600)
}
