// Datasets as views: put together, chosen from, changed on the way, and never copied.

#include "core/data/dataset.h"
#include "tests/support/test_support.h"

#include <numeric>
#include <stdexcept>

using namespace diapason;

namespace {

Dataset numbered(const std::string& name, int count) {
    std::vector<Example> examples(static_cast<std::size_t>(count));
    for (int i = 0; i < count; ++i)
        examples[static_cast<std::size_t>(i)].id = name + std::to_string(i);
    return Dataset(std::move(examples));
}

std::string ids_of(const Dataset& data) {
    std::string text;
    for (const Example& example : data)
        text += (text.empty() ? "" : " ") + example.id;
    return text;
}

} // namespace

class TestDataset : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void concatenatedStandOneBehindAnother() {
        const Dataset all =
            concatenated({numbered("a", 2), Dataset(), numbered("b", 1), numbered("c", 0), numbered("d", 2)});
        QCOMPARE(all.size(), std::size_t(5));
        QCOMPARE(ids_of(all), std::string("a0 a1 b0 d0 d1"));
        QCOMPARE(all[2].id, std::string("b0"));
        QCOMPARE(ids_of(concatenated({all, numbered("e", 1)})), std::string("a0 a1 b0 d0 d1 e0"));
        QVERIFY(concatenated({}).empty() && concatenated({Dataset()}).empty());
    }

    void chosenKeepTheirOrderAndMayRepeat() {
        const Dataset data = numbered("a", 4);
        QCOMPARE(ids_of(chosen(data, {3, 0, 3})), std::string("a3 a0 a3"));
        QVERIFY(chosen(data, {}).empty());
        QVERIFY_THROWS_EXCEPTION(std::out_of_range, chosen(data, {4}));
        QVERIFY_THROWS_EXCEPTION(std::out_of_range, data.at(4));
        QVERIFY_THROWS_EXCEPTION(std::out_of_range, Dataset().at(0));
    }

    void mappedChangeWhatIsAskedFor() {
        int asked = 0;
        const Dataset data = mapped(numbered("a", 1000), [&asked](Example example) {
            ++asked;
            example.text = example.id + "!";
            return example;
        });
        QCOMPARE(data.size(), std::size_t(1000));
        QCOMPARE(asked, 0);
        QCOMPARE(data[7].text, std::string("a7!"));
        QCOMPARE(asked, 1);
    }

    void viewsOfViewsOutliveWhatTheyCameFrom() {
        Dataset view;
        {
            const Dataset both = concatenated({numbered("a", 3), numbered("b", 3)});
            view = chosen(mapped(both,
                                 [](Example example) {
                                     example.id += 'x';
                                     return example;
                                 }),
                          {5, 1});
        }
        QCOMPARE(ids_of(view), std::string("b2x a1x"));
    }

    void fieldsAreKnownByName() {
        std::string names;
        for (const ExampleField& field : example_fields()) {
            QCOMPARE(find_example_field(field.name), &field);
            names += std::string(field.name) + " ";
        }
        QCOMPARE(names, std::string("text pair label target number labels options references words tags answers group "
                                    "id source split "));
        QVERIFY(find_example_field("lable") == nullptr);
    }
};

DIAPASON_TEST(TestDataset)
#include "test_dataset.moc"
