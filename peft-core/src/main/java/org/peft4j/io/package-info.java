/** Files that are either wholly written or not changed at all. */
@NullMarked
package org.peft4j.io;

import org.jspecify.annotations.NullMarked;
