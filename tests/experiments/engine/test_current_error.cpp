#include "experiments/engine/current_error.h"

#include <c10/util/Exception.h>

#include <QtTest>

#include <new>
#include <stdexcept>
#include <string>

using namespace diapason;

class TestCurrentError : public QObject {
    Q_OBJECT
    template <class Throw>
    static Error of(const Throw& thrower) {
        try {
            with_plain_errors([&] { thrower(); });
        } catch (const Error& error) {
            return error;
        }
        return {ErrorKind::cancelled, "nothing was thrown"};
    }
private Q_SLOTS:
    void kindsAndWords() {
        const Error own = of([] { throw input_error("file", "what", "remedy"); });
        QCOMPARE(own.kind(), ErrorKind::input);
        QCOMPARE(own.details().remedy, std::string("remedy"));
        const Error tensor = of([] { TORCH_CHECK(false, "sizes differ"); });
        QCOMPARE(tensor.kind(), ErrorKind::internal);
        QCOMPARE(std::string(tensor.what()), std::string("sizes differ"));
        QCOMPARE(of([] { throw std::bad_alloc(); }).kind(), ErrorKind::memory);
        QCOMPARE(of([] { TORCH_CHECK(false, "DefaultCPUAllocator: can't allocate memory"); }).kind(),
                 ErrorKind::memory);
        QCOMPARE(of([] { TORCH_CHECK(false, "CUDA out of memory."); }).kind(), ErrorKind::memory);
        QCOMPARE(std::string(of([] { throw std::out_of_range("map::at"); }).what()), std::string("map::at"));
        QCOMPARE(of([] { throw 5; }).kind(), ErrorKind::internal);
        QCOMPARE(with_plain_errors([] { return 7; }), 7);
    }
};

DIAPASON_TEST(TestCurrentError)
#include "test_current_error.moc"
