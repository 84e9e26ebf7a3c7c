/** The injector of bottleneck adapters, and what they compute. */
@NullMarked
package org.peft4j.bottleneck.internal;

import org.jspecify.annotations.NullMarked;
