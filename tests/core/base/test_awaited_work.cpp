// Progress and an end on request, of whatever work a thread does for somebody who waits.

#include "core/base/awaited_work.h"
#include "core/data/readers.h"
#include "core/data/task_guess.h"
#include "tests/support/test_support.h"

#include <thread>

using namespace diapason;
using namespace diapason::testing;

class TestAwaitedWork : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void nobodyWaits() {
        work_begins("x", 5);
        work_advances(5);
    }
    void partsAndShares() {
        AwaitedWork work;
        QCOMPARE(work.part(), std::string());
        QCOMPARE(work.share(), 0.0);
        {
            const AwaitedWork::Scope scope(work);
            work_begins("Reading a", 8);
            work_advances(2);
            QCOMPARE(work.part(), std::string("Reading a"));
            QCOMPARE(work.share(), 0.25);
            work_advances(100);
            QCOMPARE(work.share(), 1.0);
            AwaitedWork inner;
            {
                const AwaitedWork::Scope nested(inner);
                work_begins("Reading b", 0);
            }
            QCOMPARE(inner.share(), 0.0);
            work_begins("Reading c", 2);
        }
        work_advances(2); // nobody's
        QCOMPARE(work.part(), std::string("Reading c"));
        QCOMPARE(work.share(), 0.0);
    }
    void stopped() {
        AwaitedWork work;
        const AwaitedWork::Scope scope(work);
        work_begins("Reading a", 2);
        work.stop();
        const Caught error = caught([] { work_advances(1); });
        QVERIFY(error.thrown && error.kind == ErrorKind::cancelled && error.says("Reading a"));
    }

    // A file's reading is such work, tolerant or not: what is stopped is no fault of the file.
    void readingStops() {
        TemporaryFolder folder;
        std::string text = "text,label\n";
        for (int i = 0; i < 20000; ++i)
            text += "row " + std::to_string(i) + "," + (i % 2 ? "a" : "b") + "\n";
        write_text(folder / "a.csv", text);
        for (const bool tolerant : {false, true}) {
            AwaitedWork work;
            const AwaitedWork::Scope scope(work);
            work.stop();
            KnownOfTask known;
            known.tolerant = tolerant;
            known.skip_bad_rows = tolerant;
            const Caught error = caught([&] { guess_task(folder / "a.csv", known); });
            QVERIFY2(error.thrown && error.kind == ErrorKind::cancelled, error.message.c_str());
        }
        AwaitedWork work;
        const AwaitedWork::Scope scope(work);
        read_dataset("csv", folder / "a.csv", {{"text", "text"}});
        QCOMPARE(work.part(), std::string("Reading a.csv"));
        QCOMPARE(work.share(), 1.0);
    }
};

DIAPASON_TEST(TestAwaitedWork)
#include "test_awaited_work.moc"
