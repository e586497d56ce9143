// Seeds as they are typed: on the command line and in the window by the same rule.

#include "experiments/study/seeds.h"
#include "tests/support/test_support.h"

using namespace diapason;
using namespace diapason::testing;

class TestSeeds : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void listsAndRanges() {
        QCOMPARE(parse_seeds("1,2,5-8", "seeds"), (std::vector<std::uint64_t>{1, 2, 5, 6, 7, 8}));
        QCOMPARE(parse_seeds(" 3 , 1 - 2 ", "seeds"), (std::vector<std::uint64_t>{3, 1, 2}));
        const std::uint64_t last = UINT64_MAX;
        QCOMPARE(parse_seeds("18446744073709551615", "seeds"), std::vector{last});
        QCOMPARE(parse_seeds("18446744073709551614-18446744073709551615", "seeds"), (std::vector{last - 1, last}));
        QCOMPARE(parse_seeds(seeds_text({7, 0, last}), "seeds"), (std::vector<std::uint64_t>{7, 0, last}));
    }

    void everythingElseIsRefused_data() {
        QTest::addColumn<QByteArray>("text");
        for (const char* text : {"",
                                 ",",
                                 "1,",
                                 ",1",
                                 "1,,2",
                                 "1 2 3",
                                 "1;2;3",
                                 "1.5",
                                 "2x",
                                 "x2",
                                 "1-2-3",
                                 "1e3",
                                 "-1",
                                 "1-",
                                 "-",
                                 "3-2",
                                 "+1",
                                 "0x10",
                                 "18446744073709551616",
                                 "1-18446744073709551615",
                                 "0-10000",
                                 "1\n2",
                                 "٣"})
            QTest::newRow(text) << QByteArray(text);
    }
    void everythingElseIsRefused() {
        QFETCH(QByteArray, text);
        const Caught error = caught([&] { parse_seeds(text.toStdString(), "--seeds"); });
        QVERIFY2(error.thrown && error.kind == ErrorKind::config && error.says("--seeds"), error.message.c_str());
    }
};

DIAPASON_TEST(TestSeeds)
#include "test_seeds.moc"
