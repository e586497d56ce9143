// Libraries of one scope must not export the same name for objects of different sizes: one of them would write over the
// other's neighbours. And what such a fault has broken once: a failed allocation is a failed run, not the program's
// end.

#include "core/store/run_state.h"
#include "core/store/store_reader.h"
#include "tests/support/program.h"

#include <QRegularExpression>

#include <map>

using namespace diapason;
using namespace diapason::testing;

namespace {

QStringList lines_of(const QString& program, const QStringList& arguments) {
    QProcess process;
    process.start(program, arguments);
    if (!process.waitForFinished(patience_ms)) return {};
    return QString::fromUtf8(process.readAllStandardOutput()).split(QLatin1Char('\n'), Qt::SkipEmptyParts);
}

// The file itself and what it is linked with.
QStringList scope_of(const QString& file) {
    QStringList scope = {file};
    for (const QString& line : lines_of(QStringLiteral("ldd"), {file})) {
        const QString path = line.section(QStringLiteral("=> "), 1).section(QStringLiteral(" ("), 0, 0);
        if (path.startsWith(QLatin1Char('/'))) scope.append(path);
    }
    return scope;
}

} // namespace

class TestSymbols : public QObject {
    Q_OBJECT

    static void ourBinaries() {
        QTest::addColumn<QString>("file");
        for (const char* file : {"libdiapason_engine.so", "libdiapason_sentencepiece.so", "diapason-cli"})
            QTest::newRow(file) << QString::fromStdString(built(file).string());
    }

private Q_SLOTS:
    // cmake/BuildSettings.cmake says what for.
    void binariesAreHardened_data() { ourBinaries(); }
    void binariesAreHardened() {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
        QSKIP("sanitizers look closer");
#endif
        QFETCH(QString, file);
        const QString facts =
            lines_of(QStringLiteral("readelf"), {QStringLiteral("-dlW"), file}).join(QLatin1Char('\n'));
        QVERIFY(facts.contains(QStringLiteral("GNU_RELRO")));
        QVERIFY(facts.contains(QRegularExpression(QStringLiteral("BIND_NOW|Flags:.*NOW"))));
        const QString calls =
            lines_of(QStringLiteral("nm"), {QStringLiteral("-D"), QStringLiteral("--undefined-only"), file})
                .join(QLatin1Char('\n'));
        QVERIFY(calls.contains(QStringLiteral("__stack_chk_fail")));
        QVERIFY(
            calls.contains(QRegularExpression(QStringLiteral("__(mem|str|read|snprintf|vsnprintf|fread)\\w*_chk"))));
        QVERIFY(calls.contains(QStringLiteral("__glibcxx_assert_fail")));
    }

    void objectsOfOneNameHaveOneSize_data() {
        ourBinaries();
    }
    void objectsOfOneNameHaveOneSize() {
        QFETCH(QString, file);
        std::map<QString, std::pair<QString, QString>> known; // size and library by name
        QStringList wrong;
        int objects = 0;
        for (const QString& library : scope_of(file)) {
            for (const QString& line :
                 lines_of(QStringLiteral("nm"), {QStringLiteral("-DS"), QStringLiteral("--defined-only"), library})) {
                const QStringList words = line.split(QLatin1Char(' '), Qt::SkipEmptyParts);
                // Address, size, type, name; data of every kind. Versioned names never stand in for one another.
                if (words.size() != 4 || !QStringLiteral("BDGRSVu").contains(words[2]) ||
                    words[3].contains(QLatin1Char('@')))
                    continue;
                ++objects;
                const auto [first, fresh] = known.try_emplace(words[3], words[1], library);
                if (!fresh && first->second.first != words[1])
                    wrong.append(QStringLiteral("%1: %2 bytes in %3, %4 in %5")
                                     .arg(words[3], first->second.first, first->second.second, words[1], library));
            }
        }
        QVERIFY2(objects > 0, "nm and ldd have to be there");
        QVERIFY2(wrong.isEmpty(), qPrintable(wrong.join(QLatin1Char('\n'))));
    }

    // The program may use so little memory that the run cannot be made; the next one, with more, finishes.
    void aFailedAllocationIsAFailedRun_data() {
        QTest::addColumn<QByteArray>("executor");
        QTest::newRow("thread") << QByteArray("thread");
        QTest::newRow("processes") << QByteArray("processes");
    }
    void aFailedAllocationIsAFailedRun() {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
        QSKIP("a sanitizer needs more address space than the test leaves");
#endif
        QFETCH(QByteArray, executor);
        TemporaryFolder folder;
        Json study = tiny_study();
        // Logits of a large batch: more than the limit leaves.
        study["methods"] = {{{"method", "full_tuning"}}};
        study["training"] = {{"steps", 2}, {"batch_size", 1024}, {"max_tokens", 256}, {"answers", "words"}};
        study["seeds"] = {1};
        write_text(folder / "study.json", study.dump());
        const std::string command = "cd '" + folder.path().string() + "' && ulimit -v 1500000 && DIAPASON_HOME=. '" +
                                    built("diapason-cli").string() + "' study run study.json --executor " +
                                    executor.toStdString() + " > out 2> err";
        const int status = std::system(command.c_str());
        const std::string error = read_file(folder / "err", 1u << 20);
        QVERIFY2(WIFEXITED(status) && WEXITSTATUS(status) == 5, (std::to_string(status) + " " + error).c_str());
        QCOMPARE(StoreReader(folder / "diapason.db").runs(1).front().state, RunState::failed);
    }
};

DIAPASON_TEST(TestSymbols)
#include "test_symbols.moc"
