/** First values of adapters that come from data. */
@NullMarked
package org.peft4j.start;

import org.jspecify.annotations.NullMarked;
