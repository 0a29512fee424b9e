package dev.cairn.daemon;

import dev.cairn.run.retention.KeepRules;
import dev.cairn.schedule.store.StateFolder;
import java.util.Optional;

/**
 * How a daemon is set up.
 *
 * @param store a PostgreSQL that daemons share; empty for a database of its own in the folder
 * @param http what is served; empty for nothing
 * @param keep which ended runs of schedules stay
 */
public record DaemonSettings(StateFolder folder, Optional<String> store, Optional<HttpFront> http, KeepRules keep) {}
