package dev.cairn.metrics;

import dev.cairn.run.event.RunEvent;
import dev.cairn.run.notify.Delivery;
import io.micrometer.core.instrument.Tag;
import io.micrometer.core.instrument.Timer;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;

/** Counters since the start of this process, and present values. Thread-safe. */
public final class Metrics {
    private final PrometheusMeterRegistry registry = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
    private final Map<String, AtomicLong> ticksByState = new ConcurrentHashMap<>();
    private final AtomicLong schedules = registry.gauge("cairn.schedules", new AtomicLong());
    private final AtomicLong active = registry.gauge("cairn.runs.active", new AtomicLong());
    private final AtomicLong undelivered = registry.gauge("cairn.runs.undelivered", new AtomicLong());
    private final Timer lateness = Timer.builder("cairn.tick.lateness")
            .description("From the time that a schedule names to the decision about it")
            .publishPercentiles(0.5, 0.99)
            .register(registry);
    private final Timer pause = Timer.builder("cairn.checkpoint.pause")
            .description("How long steps were paused for an image")
            .publishPercentiles(0.5, 0.99)
            .register(registry);
    private final Timer saved = Timer.builder("cairn.time.saved")
            .description("Running time that steps did not repeat because they resumed from an image")
            .register(registry);

    /** A tick was decided this long after its time. */
    public void late(Duration by) {
        lateness.record(by.isNegative() ? Duration.ZERO : by);
    }

    public void schedules(long count) {
        schedules.set(count);
    }

    /** @param running runs in this process */
    public void active(long running) {
        active.set(running);
    }

    /** @param state a state of ticks; counts the ticks that have it, since the database was made */
    public void ticks(String state, long count) {
        ticksByState.computeIfAbsent(state, this::gauge).set(count);
    }

    /** @param runs the number of runs with undelivered notifications, including active runs */
    public void undelivered(long runs) {
        undelivered.set(runs);
    }

    /** A notification was delivered, refused or postponed. */
    public void answered(Delivery.Answer answer) {
        String what = answer instanceof Delivery.Answer.Delivered
                ? "delivered"
                : answer instanceof Delivery.Answer.Refused ? "refused" : "later";
        registry.counter("cairn.notifications", "answer", what).increment();
    }

    private AtomicLong gauge(String state) {
        return registry.gauge("cairn.ticks", List.of(Tag.of("state", state)), new AtomicLong());
    }

    /** A step resumed from an image instead of starting over. */
    public void saved(Duration time) {
        saved.record(time);
    }

    /** An event of a run occurred. */
    public void happened(RunEvent event) {
        if (event instanceof RunEvent.RunChanged changed) {
            registry.counter("cairn.runs", "state", changed.state().wire()).increment();
        } else if (event instanceof RunEvent.StepChanged changed) {
            registry.counter("cairn.steps", "state", changed.state().wire()).increment();
        } else if (event instanceof RunEvent.ImagePublished published) {
            registry.counter("cairn.checkpoints").increment();
            registry.counter("cairn.checkpoint.bytes")
                    .increment(published.image().bytes());
            pause.record(published.image().pause());
        } else if (event instanceof RunEvent.CheckpointFailed) {
            registry.counter("cairn.checkpoints.failed").increment();
        } else if (event instanceof RunEvent.AttemptStarted started
                && started.resumedFrom().isPresent()) {
            registry.counter("cairn.resumes").increment();
        }
    }

    /** The metrics in the text format of Prometheus. */
    public String text() {
        return registry.scrape();
    }
}
