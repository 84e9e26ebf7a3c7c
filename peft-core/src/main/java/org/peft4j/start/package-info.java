/** First values of adapters that come from data, and what they start from. */
@NullMarked
package org.peft4j.start;

import org.jspecify.annotations.NullMarked;
