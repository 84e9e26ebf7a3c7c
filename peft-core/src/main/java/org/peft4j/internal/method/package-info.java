/** The methods that peft-core itself has: biases, normalisations and token rows. */
@NullMarked
package org.peft4j.internal.method;

import org.jspecify.annotations.NullMarked;
