// slow
// Databases that somebody has damaged, changed or sent: the window says so and goes on, and writes nothing to a
// stranger's.

#include "core/store/connection.h"
#include "tests/ui/ui_support.h"

#include <QPushButton>

using namespace diapason;
using namespace diapason::testing;
using namespace diapason::ui;

namespace fs = std::filesystem;

class TestStrangeDatabases : public QObject {
    Q_OBJECT

    std::unique_ptr<WindowUnderTest> m_at;

    // Every page is shown, and asked for what it shows of the stored study.
    void walk() const {
        for (const Qt::Key key : {Qt::Key_1, Qt::Key_2, Qt::Key_3, Qt::Key_4, Qt::Key_5, Qt::Key_6}) {
            QTest::keyClick(m_at->window.get(), key, Qt::AltModifier);
            QTest::qWait(20);
        }
        m_at->workspace->showStudy(1);
        m_at->workspace->resumeStudy(1);
        EVENTUALLY(!m_at->workspace->running()); // all its runs have ended
        m_at->workspace->designLike(1);
        m_at->workspace->queue();
    }

    fs::path file() const { return m_at->folder() / "window.db"; }
    // Everything committed is in the file itself.
    void leave() const {
        QVERIFY(m_at->workspace->openDatabase(m_at->folder() / "other.db"));
        Connection connection(file(), Connection::Mode::read_write);
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)");
    }

private Q_SLOTS:
    void init() {
        m_at = std::make_unique<WindowUnderTest>();
        QVERIFY(m_at->open());
        QVERIFY(m_at->playToEnd(window_study({1, 2}, 1)));
        leave();
        m_at->problems.clear();
    }
    void cleanup() { m_at.reset(); }

    void rowsThatMakeNoSense_data() {
        QTest::addColumn<QByteArray>("column");
        QTest::addColumn<QByteArray>("value");
        for (const char* column : {"study.document", "study.tasks", "arm.levels", "run.spec", "run.environment",
                                   "run.summary", "run.uuid", "factor.levels"}) {
            for (const char* value :
                 {"x", "[]", "5", "{\"metrics\":5}", "{\"metrics\":{\"abc\":1},\"backbone\":5}", ""})
                QTest::addRow("%s = %s", column, value) << QByteArray(column) << QByteArray(value);
        }
    }
    void rowsThatMakeNoSense() {
        QFETCH(QByteArray, column);
        QFETCH(QByteArray, value);
        {
            Connection connection(file(), Connection::Mode::read_write);
            connection.execute("UPDATE " + column.split('.').first().toStdString() + " SET " +
                               column.split('.').last().toStdString() + " = '" + value.toStdString() +
                               "' WHERE id = 1");
        }
        m_at->workspace->openDatabase(file());
        walk();
        QVERIFY(m_at->window->isVisible());
        QVERIFY(m_at->workspace->openDatabase(m_at->folder() / "other.db")); // and a good one opens as ever
    }

    void aDamagedFileIsNotOpened() {
        std::string bytes = read_file(file(), 64u << 20);
        std::fill(bytes.begin() + 4096, bytes.begin() + 8192, '\x5a');
        write_text(file(), bytes);
        QVERIFY(!m_at->workspace->openDatabase(file()));
        QVERIFY(!m_at->problems.isEmpty());
        QVERIFY2(m_at->problems.last().contains(QStringLiteral("db repair")), qPrintable(m_at->problems.last()));
        walk(); // of the database that was open before
        QVERIFY(read_file(file(), 64u << 20) == bytes);
    }

    void aStrangersIsReadOnlyUntilTheUserContinuesThere() {
        const fs::path stranger = m_at->folder() / "stranger.db";
        fs::copy_file(file(), stranger);
        const std::string bytes = read_file(stranger, 64u << 20);
        for (int time = 0; time < 2; ++time) { // having looked at it makes it no friend's
            QVERIFY(m_at->workspace->openDatabase(stranger));
            QVERIFY(m_at->workspace->readOnly() && m_at->workspace->foreign());
        }
        walk();
        QVERIFY(!m_at->workspace->running());
        QVERIFY(read_file(stranger, 64u << 20) == bytes);
        auto* goOn = m_at->find<QPushButton>("continueHere");
        QVERIFY(goOn->isVisible());
        QTest::mouseClick(goOn, Qt::LeftButton);
        QVERIFY(!m_at->workspace->readOnly() && !m_at->workspace->foreign());
        QVERIFY(!goOn->isVisible());
        QVERIFY(m_at->workspace->openDatabase(m_at->folder() / "other.db"));
        QVERIFY(m_at->workspace->openDatabase(stranger)); // from now on it is one's own
        QVERIFY(!m_at->workspace->readOnly());
    }
};

DIAPASON_TEST(TestStrangeDatabases)
#include "test_strange_databases.moc"
