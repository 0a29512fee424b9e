package dev.cairn.http.internal.server;

import dev.cairn.files.OrdinaryFile;
import dev.cairn.http.access.Listening;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.InvalidKeyException;
import java.security.KeyFactory;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.Signature;
import java.security.SignatureException;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.Base64;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;

/** Reads the certificate and the key of a server. Stateless; any thread. */
final class TlsFiles {
    private static final Pattern PKCS8 =
            Pattern.compile("-----BEGIN PRIVATE KEY-----\\s*([A-Za-z0-9+/=\\s]+)-----END PRIVATE KEY-----");
    /** Kinds of keys with how each signs. */
    private static final Map<String, String> ALGORITHMS =
            Map.of("RSA", "SHA256withRSA", "EC", "SHA256withECDSA", "Ed25519", "Ed25519");

    private TlsFiles() {}

    /** @throws IOException when a file cannot be read, or is not of that kind, or another user could have written it */
    static SSLContext context(Listening.Tls files) throws IOException {
        try {
            Certificate[] chain = CertificateFactory.getInstance("X.509")
                    .generateCertificates(new ByteArrayInputStream(OrdinaryFile.readOwn(files.certificates())))
                    .toArray(Certificate[]::new);
            if (chain.length == 0) {
                throw new IOException(
                        files.certificates() + " holds no certificate (PEM: -----BEGIN CERTIFICATE-----)");
            }
            char[] inMemory = new char[0];
            KeyStore store = KeyStore.getInstance(KeyStore.getDefaultType());
            store.load(null, inMemory);
            store.setKeyEntry("server", key(files.key(), chain[0]), inMemory, chain);
            KeyManagerFactory keys = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
            keys.init(store, inMemory);
            SSLContext context = SSLContext.getInstance("TLS");
            context.init(keys.getKeyManagers(), null, null);
            return context;
        } catch (GeneralSecurityException e) {
            throw new IOException(
                    files.certificates() + " and " + files.key() + " cannot be used for TLS: " + e.getMessage(), e);
        }
    }

    private static PrivateKey key(Path file, Certificate certificate) throws IOException, GeneralSecurityException {
        Matcher pem = PKCS8.matcher(OrdinaryFile.ownText(file));
        if (!pem.find()) {
            throw new IOException(
                    file + " holds no unencrypted PKCS #8 key (PEM: -----BEGIN PRIVATE KEY-----); convert "
                            + "yours with: openssl pkcs8 -topk8 -nocrypt -in " + file);
        }
        byte[] encoded = Base64.getMimeDecoder().decode(pem.group(1).getBytes(StandardCharsets.US_ASCII));
        for (Map.Entry<String, String> algorithm : ALGORITHMS.entrySet()) {
            PrivateKey key;
            try {
                key = KeyFactory.getInstance(algorithm.getKey()).generatePrivate(new PKCS8EncodedKeySpec(encoded));
            } catch (GeneralSecurityException other) {
                continue;
            }
            if (!isOf(certificate, key, algorithm.getValue())) {
                throw new IOException(file + " is not the key of the first certificate");
            }
            return key;
        }
        throw new IOException(file + " holds a key that is none of " + String.join(", ", ALGORITHMS.keySet()));
    }

    private static boolean isOf(Certificate certificate, PrivateKey key, String algorithm)
            throws GeneralSecurityException {
        Signature signature = Signature.getInstance(algorithm);
        signature.initSign(key);
        byte[] signed = signature.sign();
        try {
            signature.initVerify(certificate.getPublicKey());
            return signature.verify(signed);
        } catch (InvalidKeyException | SignatureException anotherKind) {
            return false;
        }
    }
}
