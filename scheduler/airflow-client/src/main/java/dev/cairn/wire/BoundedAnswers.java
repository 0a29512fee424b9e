package dev.cairn.wire;

import java.io.IOException;
import okhttp3.Interceptor;
import okhttp3.MediaType;
import okhttp3.OkHttpClient;
import okhttp3.Response;
import okhttp3.ResponseBody;
import okio.Buffer;
import okio.BufferedSource;
import okio.ForwardingSource;
import okio.Okio;
import org.jspecify.annotations.Nullable;

/**
 * The base of all HTTP clients. It lets a reader read at most {@link #MOST} bytes of an answer, counted after
 * decompression. More is an {@link AnswerTooLargeException}, so that no server can exhaust the memory. Immutable,
 * thread-safe.
 */
public final class BoundedAnswers implements Interceptor {
    /**
     * The limit in bytes. A page of a list has some hundred kilobytes. A log, which has no natural size, is read as a
     * stream of parts below this limit.
     */
    public static final long MOST = 32L * 1024 * 1024;

    private BoundedAnswers() {}

    /** The client from which every HTTP client of Cairn is derived. */
    public static OkHttpClient.Builder client() {
        return new OkHttpClient.Builder().addInterceptor(new BoundedAnswers());
    }

    @Override
    public Response intercept(Chain chain) throws IOException {
        Response response = chain.proceed(chain.request());
        if (response.body().contentLength() > MOST) {
            response.close();
            throw new AnswerTooLargeException(MOST);
        }
        return response.newBuilder().body(new Body(response.body())).build();
    }

    private static final class Body extends ResponseBody {
        private final ResponseBody whole;
        private final BufferedSource bounded;

        Body(ResponseBody whole) {
            this.whole = whole;
            this.bounded = Okio.buffer(new ForwardingSource(whole.source()) {
                private long left = MOST;

                @Override
                public long read(Buffer sink, long byteCount) throws IOException {
                    long read = super.read(sink, byteCount);
                    left -= Math.max(read, 0);
                    if (left < 0) {
                        throw new AnswerTooLargeException(MOST);
                    }
                    return read;
                }
            });
        }

        @Override
        public @Nullable MediaType contentType() {
            return whole.contentType();
        }

        @Override
        public long contentLength() {
            return whole.contentLength();
        }

        @Override
        public BufferedSource source() {
            return bounded;
        }
    }
}
