// How long a test waits for what must happen. Only a failing test waits so long, and a machine that others keep busy,
// or a sanitizer that makes everything ten times slower, is no failure: Qt's own five seconds are not used anywhere.
#pragma once

#include <QtTest>

#include <chrono>

namespace diapason::testing {

inline constexpr std::chrono::seconds patience{120};
inline constexpr int patience_ms = 120'000;

/// Runs the event loop until `condition` holds; false when it never does.
template <typename Condition>
bool comes_true(Condition&& condition) {
    return QTest::qWaitFor(std::forward<Condition>(condition), patience_ms);
}

} // namespace diapason::testing

/// The test fails unless the condition comes true, or the values become equal.
#define EVENTUALLY(condition) QTRY_VERIFY_WITH_TIMEOUT(condition, diapason::testing::patience_ms)
#define EVENTUALLY_EQUAL(actual, expected) QTRY_COMPARE_WITH_TIMEOUT(actual, expected, diapason::testing::patience_ms)
