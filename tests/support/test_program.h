// The tests of one folder are one program, so that they compile together; each is run by its name, in a process of its
// own: `test_core_data splits [Qt Test's arguments]`.
#pragma once

#include <QtTest>

#ifdef QT_WIDGETS_LIB
#include <QApplication>
#endif

#include <string>
#include <utility>

namespace diapason::testing {

#ifdef QT_WIDGETS_LIB
using TestApplication = QApplication;
#else
using TestApplication = QCoreApplication;
#endif

/// Makes a test known to the program's main; lives as long as the program.
class TestEntry {
public:
    using Run = int (*)(int argc, char** argv);

    /// @param file the source, .../test_<name>.cpp
    TestEntry(const char* file, Run test) noexcept : m_file(file), m_run(test), m_next(std::exchange(s_first, this)) {}
    TestEntry(const TestEntry&) = delete;
    TestEntry& operator=(const TestEntry&) = delete;

    static const TestEntry* first() { return s_first; } ///< of all there are
    const TestEntry* next() const { return m_next; }    ///< null behind the last
    std::string name() const;
    int run(int argc, char** argv) const { return m_run(argc, argv); }

private:
    static inline const TestEntry* s_first = nullptr;
    const char* m_file;
    Run m_run;
    const TestEntry* m_next;
};

template <typename Test>
int run_test(int argc, char** argv) {
    TestApplication application(argc, argv);
    TestApplication::setAttribute(Qt::AA_Use96Dpi, true);
    Test test;
    return QTest::qExec(&test, argc, argv);
}

} // namespace diapason::testing

/// Stands at the end of each test_<name>.cpp, for the class whose slots are its cases.
#define DIAPASON_TEST(Test)                                                                                            \
    static const diapason::testing::TestEntry entry_of_##Test(__FILE__, &diapason::testing::run_test<Test>);
