package dev.cairn.daemon;

import dev.cairn.run.retention.KeepRules;
import dev.cairn.schedule.store.StateFolder;
import java.util.Optional;

/**
 * The settings of a daemon.
 *
 * @param store a PostgreSQL that daemons share; empty for a database of its own in the folder
 * @param http the HTTP settings; empty for no HTTP
 * @param keep which ended runs of schedules are kept
 */
public record DaemonSettings(StateFolder folder, Optional<String> store, Optional<HttpFront> http, KeepRules keep) {}
