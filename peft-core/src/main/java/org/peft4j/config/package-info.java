/** What every method's config has in common, and its JSON. */
@NullMarked
package org.peft4j.config;

import org.jspecify.annotations.NullMarked;
