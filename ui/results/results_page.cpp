#include "ui/results/results_page.h"

#include "core/base/error.h"
#include "ui/results/export_dialog.h"
#include "ui/results/figure_file.h"
#include "ui/results/inspection_dialog.h"
#include "ui/results/table_text.h"
#include "ui/theme/icons.h"
#include "ui/theme/labels.h"
#include "ui/theme/theme.h"
#include "ui/theme/views.h"

#include <QApplication>
#include <QClipboard>
#include <QHeaderView>
#include <QSplitter>
#include <QVBoxLayout>

#include <set>

namespace diapason::ui {

PageInfo results_page_info() {
    return {PageId::results, ResultsPage::tr("Results"), QStringLiteral("bars"),
            [](Workspace& workspace) -> Page* { return new ResultsPage(workspace); }};
}

ResultsPage::ResultsPage(Workspace& workspace, QWidget* parent)
    : Page(parent),
      m_workspace(workspace),
      m_model(new ResultsModel(this)),
      m_sorted(new QSortFilterProxyModel(this)) {
    m_sorted->setSourceModel(m_model);
    m_sorted->setSortRole(ResultsModel::SortRole);
    buildActions();
    auto* content = new QWidget;
    auto* layout = new QVBoxLayout(content);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(0);
    layout->addLayout(buildBar());
    auto* splitter = new QSplitter(Qt::Vertical);
    splitter->setObjectName(QStringLiteral("resultsSplitter"));
    splitter->setHandleWidth(1);
    splitter->addWidget(buildTable());
    splitter->addWidget(buildPlotAndNotes());
    splitter->setSizes({380, 320});
    layout->addWidget(splitter, 1);
    auto* empty = label("secondary", tr("This database has no studies yet."));
    empty->setAlignment(Qt::AlignCenter);
    m_stack = new QStackedLayout(this);
    m_stack->addWidget(empty);
    m_stack->addWidget(content);
    connect(&m_workspace, &Workspace::studyChanged, this, &ResultsPage::reload);
    connect(&m_workspace, &Workspace::sessionEnded, this, &ResultsPage::reload);
    // A finished run changes the table; its curve points do not.
    connect(&m_workspace, &Workspace::statesStored, this, [this] {
        if (isVisible()) reload();
    });
    reload();
}

void ResultsPage::buildActions() {
    const auto action = [this](const QString& text, const QKeySequence& key, auto&& slot) {
        auto* made = new QAction(text, this);
        made->setShortcut(key);
        connect(made, &QAction::triggered, this, slot);
        m_actions.append(made);
        return made;
    };
    QAction* copy =
        action(tr("Copy results"), QKeySequence::Copy, [this] { QApplication::clipboard()->setText(selectionText()); });
    copy->setShortcutContext(Qt::WidgetWithChildrenShortcut);
    addAction(copy);
    action(tr("Inspect adapters…"), QKeySequence(QStringLiteral("Ctrl+I")), [this] { openInspection(); });
    action(tr("Export results…"), QKeySequence(QStringLiteral("Ctrl+E")), [this] { openExport(); });
}

QLayout* ResultsPage::buildBar() {
    auto* bar = new QHBoxLayout;
    bar->setContentsMargins(12, 6, 12, 6);
    bar->setSpacing(spacing);
    m_heading = label("heading");
    m_heading->setWordWrap(false);
    m_heading->setObjectName(QStringLiteral("resultsHeading"));
    auto* copy = new QPushButton(icon(QStringLiteral("copy")), tr("Copy table"));
    copy->setToolTip(tr("The selected rows, or all of them, with headers, for a spreadsheet (Ctrl+C)"));
    auto* inspect = new QPushButton(tr("Inspect…"));
    inspect->setObjectName(QStringLiteral("inspect"));
    inspect->setToolTip(tr("What the selected arm's adapters do: changes, spectra, masks, nearest words (Ctrl+I)"));
    auto* write = new QPushButton(tr("Export…"));
    write->setProperty("primary", true);
    write->setObjectName(QStringLiteral("export"));
    write->setToolTip(tr("Table and figure as files (Ctrl+E)"));
    bar->addWidget(m_heading);
    bar->addStretch();
    bar->addWidget(copy);
    bar->addWidget(inspect);
    bar->addWidget(write);
    connect(copy, &QPushButton::clicked, this, [this] { QApplication::clipboard()->setText(selectionText()); });
    connect(inspect, &QPushButton::clicked, this, &ResultsPage::openInspection);
    connect(write, &QPushButton::clicked, this, &ResultsPage::openExport);
    return bar;
}

QWidget* ResultsPage::buildTable() {
    m_table = new QTableView;
    m_table->setModel(m_sorted);
    m_table->setSortingEnabled(true);
    m_table->horizontalHeader()->setSortIndicator(-1, Qt::DescendingOrder); // arm order until a column is chosen
    m_table->horizontalHeader()->setSortIndicatorClearable(true);
    dressTable(m_table);
    m_table->setSelectionMode(QAbstractItemView::ExtendedSelection);
    m_table->setObjectName(QStringLiteral("results"));
    m_table->setAccessibleName(tr("Results by arm"));
    return m_table;
}

QWidget* ResultsPage::buildPlotAndNotes() {
    auto* lower = new QWidget;
    auto* layout = new QHBoxLayout(lower);
    layout->setContentsMargins(0, 0, 12, 0);
    auto* plotColumn = new QVBoxLayout;
    plotColumn->setSpacing(0);
    auto* title = markupLabel("", tr("<b>Score against size</b>&nbsp; mean and 95 % t-interval over seeds; names that "
                                     "do not fit appear on hover"));
    title->setContentsMargins(12, 6, 12, 2);
    m_plot = new SizePlot;
    plotColumn->addWidget(title);
    plotColumn->addWidget(m_plot, 1);
    layout->addLayout(plotColumn, 3);
    auto* notesColumn = new QVBoxLayout;
    notesColumn->addSpacing(8);
    notesColumn->addWidget(label("heading", tr("Notes")));
    m_notes = label("secondary");
    m_notes->setTextInteractionFlags(Qt::TextSelectableByMouse);
    notesColumn->addWidget(m_notes);
    notesColumn->addStretch();
    layout->addLayout(notesColumn, 1);
    return lower;
}

void ResultsPage::reload() {
    const RowId study = m_workspace.currentStudy();
    m_stack->setCurrentIndex(study == 0 ? 0 : 1);
    if (study == 0) return;
    try {
        m_model->setTable(result_table(m_workspace.reader(), study));
    } catch (const Error& error) {
        m_notes->setText(qs(error.what()));
        return;
    }
    const ResultTable& table = m_model->table();
    m_heading->setText((table.finished < table.planned
                            ? tr("%1: %2 of %n run(s), preliminary", nullptr, static_cast<int>(table.planned))
                            : tr("%1: %2 of %n run(s)", nullptr, static_cast<int>(table.planned)))
                           .arg(qs(table.title), QString::number(table.finished)));
    QString notes;
    for (const std::string& note : table.notes)
        notes += qs(note) + QStringLiteral(".\n\n");
    m_notes->setText(notes.trimmed());
    fitColumns(m_table, 310);
    m_plot->setTable(table);
}

QString ResultsPage::selectionText() const {
    std::set<int> rows;
    for (const QModelIndex& index : m_table->selectionModel()->selectedRows())
        rows.insert(index.row());
    if (rows.empty()) {
        for (int row = 0; row < m_sorted->rowCount(); ++row)
            rows.insert(row);
    }
    return tabSeparated(*m_sorted, rows);
}

RowId ResultsPage::selectedArm() const {
    const QModelIndexList rows = m_table->selectionModel()->selectedRows();
    if (rows.isEmpty()) return 0;
    return m_model->table().rows.at(static_cast<std::size_t>(m_sorted->mapToSource(rows.front()).row())).arm;
}

void ResultsPage::openInspection() {
    if (m_workspace.currentStudy() == 0) return;
    auto* dialog = m_workspace.read([&](const StoreReader& reader) {
        return new InspectionDialog(reader, m_workspace.databaseFile(), m_workspace.currentStudy(), selectedArm(),
                                    this);
    });
    if (dialog == nullptr) return;
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->open();
}

void ResultsPage::openExport() {
    if (m_workspace.currentStudy() == 0) return;
    auto* dialog = new ExportDialog(
        m_model->table(), m_workspace.databaseFile(),
        [this](const QString& file) { return writeFigure(*m_plot, file, m_workspace.databaseFile()); }, this);
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->open();
}

} // namespace diapason::ui
