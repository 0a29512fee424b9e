package dev.cairn.run;

import dev.cairn.run.owner.Owners;
import dev.cairn.run.step.Engines;
import java.time.Clock;
import java.util.Map;

/**
 * What this process brings along.
 *
 * @param environment this process's
 */
record RunnerContext(Engines engines, Owners owners, Clock clock, Map<String, String> environment) {}
