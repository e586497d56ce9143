// A tokenizer and an embedding of different models are told apart before anything is trained.

#include "core/library/tokenizer_fit.h"
#include "tests/support/tiny_backbone.h"

using namespace diapason;
using namespace diapason::testing;

class TestTokenizerFit : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void ordinaryPiecesNeedRows() {
        TemporaryFolder folder;
        tiny_backbone(folder.path());
        const auto tokenizer = Tokenizer::load(folder.path());
        BackboneConfig config = read_backbone_config(folder.path());
        require_fit(*tokenizer, config, "here"); // 31 pieces, 40 rows
        config.vocabulary = 31;
        require_fit(*tokenizer, config, "here");
        config.vocabulary = 30;
        const Caught error = caught([&] { require_fit(*tokenizer, config, "here"); });
        QVERIFY(error.kind == ErrorKind::input);
        for (const char* part : {"here", "31 pieces", "\"z\"", "id 30", "rows for 30", "different models"})
            QVERIFY2(error.says(part), error.message.c_str());
    }

    void tokensOfATextNeedRows() {
        require_rows({0, 4, 9}, 10, "row 3");
        for (const std::int64_t id : {std::int64_t(10), std::int64_t(-1), INT64_MAX}) {
            const Caught error = caught([&] { require_rows({0, id}, 10, "row 3"); });
            QVERIFY2(error.says("row 3") && error.says(std::to_string(id)), error.message.c_str());
        }
    }
};

DIAPASON_TEST(TestTokenizerFit)
#include "test_tokenizer_fit.moc"
