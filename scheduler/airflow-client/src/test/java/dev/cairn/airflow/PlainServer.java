package dev.cairn.airflow;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketException;

/** What takes one connection on loopback and knows nothing of TLS. */
final class PlainServer implements AutoCloseable {
    private final ServerSocket listening = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());

    private PlainServer() throws IOException {}

    /** Whatever it is told, once it is told something. */
    static PlainServer answering(String text) throws IOException {
        PlainServer server = new PlainServer();
        Thread thread = new Thread(() -> server.answer(text), "plain server");
        thread.setDaemon(true);
        thread.start();
        return server;
    }

    /** The kernel takes the connection; nobody reads from it. */
    static PlainServer silent() throws IOException {
        return new PlainServer();
    }

    int port() {
        return listening.getLocalPort();
    }

    private void answer(String text) {
        try (Socket socket = listening.accept();
                OutputStream out = socket.getOutputStream()) {
            if (socket.getInputStream().read() >= 0) {
                out.write(text.getBytes(US_ASCII));
            }
            socket.shutdownOutput();
            socket.getInputStream().transferTo(OutputStream.nullOutputStream());
        } catch (SocketException closed) {
            // the test is over
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public void close() throws IOException {
        listening.close();
    }
}
