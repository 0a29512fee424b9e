package dev.cairn.tls;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.util.Collection;
import java.util.stream.Stream;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocketFactory;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509TrustManager;
import org.jspecify.annotations.Nullable;

/**
 * Trusts the JDK's certificates and those of a PEM file.
 *
 * @param sockets makes TLS sockets with that trust
 * @param manager the trust manager
 */
public record Trust(SSLSocketFactory sockets, X509TrustManager manager) {

    /** @throws IOException if the file cannot be read or holds no certificate */
    public static Trust with(Path pemFile) throws IOException {
        if (!Files.readAttributes(pemFile, BasicFileAttributes.class)
                .isRegularFile()) { // opening a pipe could block for ever
            throw new IOException(pemFile + " is not a file, and so holds no certificates");
        }
        try (InputStream in = Files.newInputStream(pemFile)) {
            Collection<? extends Certificate> own =
                    CertificateFactory.getInstance("X.509").generateCertificates(in);
            if (own.isEmpty()) {
                throw new IOException(pemFile + " holds no certificate (PEM: -----BEGIN CERTIFICATE-----)");
            }
            KeyStore store = KeyStore.getInstance(KeyStore.getDefaultType());
            store.load(null, null);
            int number = 0;
            for (Certificate certificate : own) {
                store.setCertificateEntry("own-" + number++, certificate);
            }
            for (X509Certificate certificate : manager(null).getAcceptedIssuers()) {
                store.setCertificateEntry("jdk-" + number++, certificate);
            }
            X509TrustManager both = manager(store);
            SSLContext context = SSLContext.getInstance("TLS");
            context.init(null, new TrustManager[] {both}, null);
            return new Trust(context.getSocketFactory(), both);
        } catch (GeneralSecurityException e) {
            throw new IOException(pemFile + " cannot be used as certificates to trust: " + e.getMessage(), e);
        }
    }

    /** @param store null for the JDK's own store */
    private static X509TrustManager manager(@Nullable KeyStore store) throws GeneralSecurityException {
        TrustManagerFactory factory = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        factory.init(store);
        return Stream.of(factory.getTrustManagers())
                .filter(X509TrustManager.class::isInstance)
                .map(X509TrustManager.class::cast)
                .findFirst()
                .orElseThrow(() -> new GeneralSecurityException("this JDK has no X.509 trust manager"));
    }
}
