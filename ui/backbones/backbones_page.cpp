#include "ui/backbones/backbones_page.h"

#include "core/base/format.h"
#include "core/library/import.h"
#include "ui/frame/file_dialog.h"
#include "ui/theme/icons.h"
#include "ui/theme/labels.h"
#include "ui/theme/theme.h"
#include "ui/theme/views.h"

#include <QDragEnterEvent>
#include <QHeaderView>
#include <QInputDialog>
#include <QMimeData>
#include <QSplitter>
#include <QStyle>
#include <QVBoxLayout>

#include <algorithm>

namespace diapason::ui {
namespace {

QString firstPath(const QMimeData* data) {
    for (const QUrl& url : data->urls()) {
        if (url.isLocalFile()) return url.toLocalFile();
    }
    return {};
}

QPushButton* button(const char* name, const QString& text, const QString& iconName = {}) {
    auto* made = iconName.isEmpty() ? new QPushButton(text) : new QPushButton(icon(iconName), text);
    made->setObjectName(QLatin1String(name));
    return made;
}

} // namespace

PageInfo backbones_page_info() {
    return {PageId::backbones, BackbonesPage::tr("Backbones"), QStringLiteral("layers"),
            [](Workspace& workspace) -> Page* { return new BackbonesPage(workspace); }};
}

BackbonesPage::BackbonesPage(Workspace& workspace, QWidget* parent)
    : Page(parent),
      m_workspace(workspace),
      m_work(new BackboneWork(this)) {
    setAcceptDrops(true);
    auto* splitter = new QSplitter;
    splitter->setObjectName(QStringLiteral("backbonesSplitter"));
    splitter->setHandleWidth(1);
    splitter->addWidget(buildList());
    splitter->addWidget(buildDetails());
    splitter->setStretchFactor(0, 1);
    splitter->setSizes({860, 580});
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->addWidget(splitter);
    buildActions();
    connect(m_work, &BackboneWork::listed, this, &BackbonesPage::fill);
    connect(m_work, &BackboneWork::described, this, &BackbonesPage::showFacts);
    connect(m_work, &BackboneWork::ended, this, &BackbonesPage::finish);
    connect(m_work, &BackboneWork::progressed, this, [this](const QString& what, double share) {
        m_doing->setText(what);
        m_bar->setValue(static_cast<int>(share * 1000));
    });
    connect(&m_workspace, &Workspace::databaseChanged, this, [this] {
        if (isVisible()) reload();
    });
    updateButtons();
}

QWidget* BackbonesPage::buildList() {
    auto* content = new QWidget;
    content->setMinimumWidth(500); // the names of a narrow window's table stay readable
    auto* layout = new QVBoxLayout(content);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(0);
    auto* top = new QHBoxLayout;
    top->setContentsMargins(16, 12, 12, 8);
    top->setSpacing(8);
    auto* titles = new QVBoxLayout;
    titles->addWidget(label("heading", tr("Backbones")));
    titles->addWidget(label("secondary", tr("Pretrained transformers that a study can use. Import a Hugging Face "
                                            "folder or a .gguf file, or drop it here.")));
    top->addLayout(titles, 1);
    m_importFile = button("importFile", tr("GGUF file…"), QStringLiteral("open"));
    m_importFile->setToolTip(tr("Import a .gguf file; its weights are dequantised"));
    top->addWidget(m_importFile, 0, Qt::AlignTop);
    m_import = button("importBackbone", tr("Import…"));
    m_import->setToolTip(tr("Import a Hugging Face folder (Ctrl+I)"));
    m_import->setProperty("primary", true);
    top->addWidget(m_import, 0, Qt::AlignTop);
    layout->addLayout(top);
    layout->addWidget(buildStrips());
    m_table = new QTableWidget(0, 5);
    m_table->setObjectName(QStringLiteral("backbones"));
    m_table->setAccessibleName(tr("Backbones"));
    dressTable(m_table);
    m_table->setHorizontalHeaderLabels({tr("Name"), tr("Parameters"), tr("Size"), tr("Licence"), tr("Studies")});
    m_table->horizontalHeader()->setSectionResizeMode(0, QHeaderView::Stretch);
    m_table->horizontalHeader()->setDefaultAlignment(Qt::AlignLeft | Qt::AlignVCenter);
    for (const int column : {1, 2, 4})
        m_table->horizontalHeaderItem(column)->setTextAlignment(Qt::AlignRight | Qt::AlignVCenter);
    layout->addWidget(m_table, 1);
    m_more =
        label("secondary", tr("So far, only the two toy backbones that come with Diapason. To use a real one, import a "
                              "folder you have downloaded, or run tools/get-backbone minilm."));
    m_more->setObjectName(QStringLiteral("backbonesHint"));
    m_more->setContentsMargins(16, 8, 16, 12);
    layout->addWidget(m_more);
    connect(m_table, &QTableWidget::currentCellChanged, this, [this](int row, int, int before, int) {
        if (row != before) showCurrent();
    });
    connect(m_import, &QPushButton::clicked, this,
            [this] { importFrom(file_dialog::folder(this, tr("Import a Hugging Face folder"))); });
    return content;
}

// Progress, a question and results stand in the page; nothing opens in front of it.
QWidget* BackbonesPage::buildStrips() {
    auto* strips = new QWidget;
    auto* layout = new QVBoxLayout(strips);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(0);
    const auto strip = [&](const char* name) {
        auto* frame = new QFrame;
        frame->setObjectName(QStringLiteral("banner")); // looks like the window's
        frame->setAccessibleName(QLatin1String(name));
        frame->hide();
        layout->addWidget(frame);
        return frame;
    };
    m_progress = strip("Progress");
    auto* work = new QHBoxLayout(m_progress);
    work->setContentsMargins(16, 6, 12, 6);
    m_doing = label("");
    m_doing->setObjectName(QStringLiteral("backboneDoing"));
    m_bar = new QProgressBar;
    m_bar->setObjectName(QStringLiteral("backboneProgress"));
    m_bar->setAccessibleName(tr("Progress"));
    m_bar->setRange(0, 1000);
    m_bar->setTextVisible(false);
    m_cancel = button("cancelBackbone", tr("Cancel"));
    work->addWidget(m_doing, 1);
    work->addWidget(m_bar, 1);
    work->addWidget(m_cancel);
    m_question = strip("Removal");
    auto* question = new QHBoxLayout(m_question);
    question->setContentsMargins(16, 6, 12, 6);
    m_questionText = label("");
    m_questionText->setObjectName(QStringLiteral("removeQuestion"));
    m_removeNow = button("removeNow", tr("Remove permanently"));
    m_keep = button("keepBackbone", tr("Keep it"));
    question->addWidget(m_questionText, 1);
    question->addWidget(m_removeNow);
    question->addWidget(m_keep);
    m_message = label("");
    m_message->setObjectName(QStringLiteral("backboneMessage"));
    m_message->setContentsMargins(16, 2, 16, 8);
    m_message->setTextInteractionFlags(Qt::TextSelectableByMouse);
    m_message->hide();
    layout->addWidget(m_message);
    connect(m_cancel, &QPushButton::clicked, this, [this] {
        m_cancel->setEnabled(false);
        m_doing->setText(tr("Stopping…"));
        m_work->cancel();
    });
    connect(m_removeNow, &QPushButton::clicked, this, [this] {
        m_question->hide();
        if (const BackboneRow* row = current()) m_work->remove(row->entry.name);
        updateButtons();
    });
    connect(m_keep, &QPushButton::clicked, this, [this] {
        m_question->hide();
        m_table->setFocus();
    });
    return strips;
}

QWidget* BackbonesPage::buildDetails() {
    auto* details = new QWidget;
    details->setMinimumWidth(300);
    details->setProperty("surface", true);
    details->setAttribute(Qt::WA_StyledBackground);
    auto* layout = new QVBoxLayout(details);
    layout->setContentsMargins(0, 12, 0, 0);
    auto* top = new QHBoxLayout;
    top->setContentsMargins(16, 0, 12, 0);
    m_name = label("heading");
    m_name->setObjectName(QStringLiteral("backboneName"));
    m_check = button("checkBackbone", tr("Check"), QStringLiteral("check"));
    m_check->setToolTip(tr("Compare the files and the hidden states of a test sentence with the import record"));
    m_remove = button("removeBackbone", tr("Remove…"), QStringLiteral("trash"));
    top->addWidget(m_name, 1);
    top->addWidget(m_check);
    top->addWidget(m_remove);
    layout->addLayout(top);
    m_about = label("secondary");
    m_about->setObjectName(QStringLiteral("backboneAbout"));
    m_about->setContentsMargins(16, 0, 16, 4);
    m_about->setTextInteractionFlags(Qt::TextSelectableByMouse);
    layout->addWidget(m_about);
    m_facts = new BackboneFacts;
    layout->addWidget(m_facts, 1);
    connect(m_check, &QPushButton::clicked, this, [this] {
        const BackboneRow* row = current();
        if (row == nullptr) return;
        m_wanted = qs(row->entry.name);
        m_work->check(row->entry);
        m_message->hide();
        updateButtons();
    });
    connect(m_remove, &QPushButton::clicked, this, &BackbonesPage::askRemoval);
    return details;
}

void BackbonesPage::buildActions() {
    const auto action = [this](const QString& text, const QKeySequence& key, QPushButton* pressed) {
        auto* made = new QAction(text, this);
        made->setShortcut(key);
        connect(made, &QAction::triggered, pressed, &QPushButton::click);
        m_actions.append(made);
    };
    action(tr("Import a backbone…"), QKeySequence(QStringLiteral("Ctrl+I")), m_import);
    action(tr("Import a GGUF file…"), {}, m_importFile);
    action(tr("Check the backbone"), {}, m_check);
    action(tr("Remove the backbone…"), {}, m_remove);
}

void BackbonesPage::importFrom(const QString& source) {
    if (source.isEmpty() || m_work->busy()) return;
    m_message->hide();
    m_question->hide();
    const std::filesystem::path path(source.toStdString());
    QString name = qs(suggested_name(path));
    if (isTaken(name)) {
        name = askForName(name);
        if (name.isEmpty()) return;
    }
    m_work->import(path, name.toStdString());
    updateButtons();
}

bool BackbonesPage::isTaken(const QString& name) const {
    return std::any_of(m_rows.begin(), m_rows.end(),
                       [&](const BackboneRow& row) { return qs(row.entry.name) == name; });
}

QString BackbonesPage::askForName(const QString& taken) {
    QString free;
    for (int number = 2; free.isEmpty() || isTaken(free); ++number)
        free = taken + QLatin1Char('-') + QString::number(number);
    QInputDialog dialog(this);
    dialog.setObjectName(QStringLiteral("importName"));
    dialog.setWindowTitle(tr("Import a backbone"));
    dialog.setLabelText(tr("A backbone named %1 already exists. Import this one as:").arg(taken));
    dialog.setOkButtonText(tr("Import"));
    dialog.setTextValue(free);
    return dialog.exec() == QDialog::Accepted ? dialog.textValue().trimmed() : QString();
}

void BackbonesPage::dragEnterEvent(QDragEnterEvent* event) {
    if (!m_work->busy() && !firstPath(event->mimeData()).isEmpty()) event->acceptProposedAction();
}

void BackbonesPage::dropEvent(QDropEvent* event) {
    event->acceptProposedAction();
    importFrom(firstPath(event->mimeData()));
}

void BackbonesPage::reload() {
    m_work->list(m_workspace.hasDatabase() ? m_workspace.databaseFile() : std::filesystem::path());
}

const BackboneRow* BackbonesPage::current() const {
    const int row = m_table->currentRow();
    return row >= 0 && row < static_cast<int>(m_rows.size()) ? &m_rows[static_cast<std::size_t>(row)] : nullptr;
}

void BackbonesPage::fill(const std::vector<BackboneRow>& rows) {
    const QString selected = !m_wanted.isEmpty()    ? m_wanted
                             : current() != nullptr ? qs(current()->entry.name)
                                                    : QString();
    m_wanted.clear();
    m_rows = rows;
    bool imported = false;
    int chosen = 0;
    {
        const QSignalBlocker blocker(m_table);
        m_table->setRowCount(static_cast<int>(rows.size()));
        for (int i = 0; i < m_table->rowCount(); ++i) {
            const BackboneRow& row = rows[static_cast<std::size_t>(i)];
            const bool good = row.problem.isEmpty();
            imported = imported || !row.entry.embedded;
            if (qs(row.entry.name) == selected) chosen = i;
            const QString name = qs(row.entry.name);
            const QStringList cells = {
                name + QLatin1Char('\n') + (good ? tr("%1, %2").arg(row.family, row.origin) : tr("cannot be read")),
                good ? qs(format_count(row.parameters)) : QStringLiteral("–"),
                good ? qs(format_bytes(row.bytes)) : QStringLiteral("–"),
                row.licence.isEmpty() ? (row.entry.embedded ? tr("Diapason's") : tr("unknown")) : row.licence,
                QString::number(row.studies)};
            for (int column = 0; column < cells.size(); ++column) {
                auto* item = new QTableWidgetItem(cells[column]);
                if (column == 1 || column == 2 || column == 4)
                    item->setTextAlignment(Qt::AlignRight | Qt::AlignVCenter);
                if (column == 0) item->setToolTip(good ? qs(row.entry.folder.string()) : row.problem);
                if (column == 0 && !good) item->setIcon(icon(QStringLiteral("warn"), Role::error));
                m_table->setItem(i, column, item);
            }
            m_table->setRowHeight(i, 42);
        }
        fitColumns(m_table, 200);
        if (m_table->rowCount() > 0) m_table->setCurrentCell(chosen, 0);
    }
    m_more->setVisible(!imported);
    showCurrent();
}

void BackbonesPage::showCurrent() {
    m_question->hide();
    updateButtons();
    const BackboneRow* row = current();
    m_name->setText(row != nullptr ? qs(row->entry.name) : QString());
    if (row == nullptr) {
        m_about->clear();
        m_facts->clear();
        return;
    }
    m_work->describe(row->entry);
}

void BackbonesPage::showFacts(const QString& name, const Json& facts, const QString& problem) {
    const BackboneRow* row = current();
    if (row == nullptr || qs(row->entry.name) != name) return;
    m_about->setProperty("role", problem.isEmpty() ? QStringLiteral("secondary") : QStringLiteral("error"));
    m_about->style()->unpolish(m_about);
    m_about->style()->polish(m_about);
    if (!problem.isEmpty()) {
        m_facts->clear();
        m_about->setText(problem);
        return;
    }
    const auto text = [&](const char* key) { return qs(facts.value(key, std::string())); };
    QStringList lines = {
        tr("%1, %2 parameters, %3").arg(row->family, qs(format_count(row->parameters)), text("dtype"))};
    if (facts.value("imported", false)) {
        lines.append(tr("Imported %1 from %2").arg(text("imported_at").left(10), text("source")));
    } else {
        lines.append(row->entry.embedded ? tr("Comes with Diapason") : text("folder"));
    }
    m_about->setText(lines.join(QLatin1Char('\n')));
    m_facts->show(facts);
}

void BackbonesPage::askRemoval() {
    const BackboneRow* row = current();
    if (row == nullptr || row->entry.embedded || m_work->busy()) return;
    QString text = tr("Remove %1 (%2)? This cannot be undone.").arg(qs(row->entry.name), qs(format_bytes(row->bytes)));
    if (row->studies > 0)
        text += QLatin1Char(' ') + tr("%n stored (study uses|studies use) it and could not be resumed or run again.",
                                      nullptr, row->studies);
    m_questionText->setText(text);
    m_message->hide();
    m_question->show();
    m_keep->setFocus(); // Return must not delete
}

void BackbonesPage::finish(bool good, const QString& message, const QString& name) {
    say(good ? "good" : "error", message);
    if (!name.isEmpty()) m_wanted = name;
    updateButtons();
    reload();
    m_table->setFocus();
    if (good) Q_EMIT m_workspace.libraryChanged();
}

void BackbonesPage::say(const char* role, const QString& text) {
    m_message->setProperty("role", QLatin1String(role));
    m_message->style()->unpolish(m_message);
    m_message->style()->polish(m_message);
    m_message->setText(text);
    m_message->show();
}

void BackbonesPage::updateButtons() {
    const BackboneRow* row = current();
    const bool busy = m_work->busy();
    m_progress->setVisible(busy);
    if (busy && m_cancel->isEnabled() && m_bar->value() >= 1000) m_bar->setValue(0);
    if (!busy) {
        m_cancel->setEnabled(true);
        m_bar->setValue(0);
        m_doing->clear();
    }
    m_import->setEnabled(!busy);
    m_importFile->setEnabled(!busy);
    m_check->setEnabled(!busy && row != nullptr && row->problem.isEmpty());
    m_remove->setEnabled(!busy && row != nullptr && !row->entry.embedded);
    m_remove->setToolTip(row != nullptr && row->entry.embedded ? tr("Comes with Diapason and cannot be removed")
                                                               : tr("Delete this backbone from the library"));
}

} // namespace diapason::ui
