/**
 * Noise schedules of diffusion models, read from {@code scheduler_config.json}: what training adds
 * and asks for, and the samplers that take it away again.
 */
@NullMarked
package org.peft4j.diffusion.schedule;

import org.jspecify.annotations.NullMarked;
